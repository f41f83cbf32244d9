// Copyright: (c) 2026, Vigil contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package vigil.test;

import java.util.*;
import org.elasticsearch.action.admin.cluster.settings.ClusterUpdateSettingsRequestBuilder;
import org.elasticsearch.action.admin.cluster.state.ClusterStateRequestBuilder;
import org.elasticsearch.client.internal.node.NodeClient;
import org.elasticsearch.common.settings.*;
import org.elasticsearch.plugins.*;
import org.elasticsearch.rest.*;
import org.elasticsearch.xcontent.*;
import org.elasticsearch.xpack.core.ilm.*;
import org.elasticsearch.xpack.core.slm.SnapshotLifecyclePolicy;

/**
 * For tests: keeps lifecycle and snapshot policies that Elasticsearch's own classes parse, check and write, and knows the
 * settings of indices that name them. It runs none of them. What is kept lies in the cluster's persistent settings, so every
 * node knows it, after a restart too; to write it a user needs the privilege manage, where the real one asks for manage_ilm.
 */
abstract class LifecyclePolicies extends Plugin implements ActionPlugin {
    static final String KEPT = "vigil.test.policy.";

    @Override public List<Setting<?>> getSettings() {
        return List.of(Setting.prefixKeySetting(KEPT, key -> Setting.simpleString(key, Setting.Property.Dynamic, Setting.Property.NodeScope)),
            LifecycleSettings.LIFECYCLE_NAME_SETTING, LifecycleSettings.LIFECYCLE_INDEXING_COMPLETE_SETTING,
            RolloverAction.LIFECYCLE_ROLLOVER_ALIAS_SETTING, LifecycleSettings.LIFECYCLE_POLL_INTERVAL_SETTING);
    }
    static final XContentParserConfiguration PARSING = XContentParserConfiguration.EMPTY.withRegistry(new NamedXContentRegistry(
        List.of(
            e("allocate", AllocateAction::parse), e("forcemerge", ForceMergeAction::parse), e("readonly", ReadOnlyAction::parse),
            e("rollover", RolloverAction::parse), e("shrink", ShrinkAction::parse), e("delete", DeleteAction::parse),
            e("set_priority", SetPriorityAction::parse), e("wait_for_snapshot", WaitForSnapshotAction::parse),
            e("searchable_snapshot", SearchableSnapshotAction::parse), e("migrate", MigrateAction::parse),
            e("unfollow", UnfollowAction::parse), e("downsample", DownsampleAction::parse),
            new NamedXContentRegistry.Entry(LifecycleType.class, new ParseField(TimeseriesLifecycleType.TYPE), p -> TimeseriesLifecycleType.INSTANCE))));

    abstract ClusterStateRequestBuilder state(NodeClient client);
    abstract ClusterUpdateSettingsRequestBuilder update(NodeClient client);

    static NamedXContentRegistry.Entry e(String n, org.elasticsearch.core.CheckedFunction<XContentParser, ? extends LifecycleAction, java.io.IOException> f) {
        return new NamedXContentRegistry.Entry(LifecycleAction.class, new ParseField(n), p -> f.apply(p));
    }
    interface Parse { ToXContent parse(XContentParser p, String name) throws java.io.IOException; }
    class Policies extends BaseRestHandler {
        final String base, kept; final Parse parse;
        Policies(String base, Parse parse) { this.base = base; this.kept = KEPT + base.substring(2, 5) + "."; this.parse = parse; }
        public String getName() { return "test" + base.replace('/', '_'); }
        public List<Route> routes() { return List.of(new Route(RestRequest.Method.PUT, base + "/{name}"), new Route(RestRequest.Method.GET, base + "/{name}"),
            new Route(RestRequest.Method.GET, base), new Route(RestRequest.Method.DELETE, base + "/{name}")); }
        ToXContent read(String text, String name) throws java.io.IOException {
            try (XContentParser p = XContentType.JSON.xContent().createParser(PARSING, text)) { return parse.parse(p, name); }
        }
        /** {name: (version, text)} of what is kept. */
        SortedMap<String, String[]> all(org.elasticsearch.cluster.ClusterState state) {
            var found = new TreeMap<String, String[]>();
            Settings settings = state.metadata().persistentSettings().getByPrefix(kept);
            for (String name : settings.keySet()) found.put(name, settings.get(name).split(" ", 2));
            return found;
        }
        protected RestChannelConsumer prepareRequest(RestRequest r, NodeClient c) throws java.io.IOException {
            String name = r.param("name");
            boolean put = r.method() == RestRequest.Method.PUT, get = r.method() == RestRequest.Method.GET;
            String text = put ? r.content().utf8ToString() : null;
            if (put) read(text, name);
            return ch -> {
                    state(c).execute(new org.elasticsearch.rest.action.RestActionListener<>(ch) {
                        @Override protected void processResponse(org.elasticsearch.action.admin.cluster.state.ClusterStateResponse found) throws Exception {
                            var all = all(found.getState());
                            if (name != null && put == false && all.containsKey(name) == false) { answer(ch, RestStatus.NOT_FOUND, b ->
                                b.field("status", 404).startObject("error").field("type", "resource_not_found_exception").field("reason", "Lifecycle policy not found: " + name).endObject()); return; }
                            if (get) { answer(ch, RestStatus.OK, b -> { for (var k : all.entrySet()) if (name == null || name.equals(k.getKey())) {
                                b.startObject(k.getKey()).field("version", Long.parseLong(k.getValue()[0])).field("policy");
                                read(k.getValue()[1], k.getKey()).toXContent(b, ToXContent.EMPTY_PARAMS); b.endObject(); } }); return; }
                            String[] old = all.get(name);
                            long version = old == null ? 1 : read(old[1], name).equals(put ? read(text, name) : null) ? Long.parseLong(old[0]) : Long.parseLong(old[0]) + 1;
                            var changed = put ? Settings.builder().put(kept + name, version + " " + text) : Settings.builder().putNull(kept + name);
                                update(c).setPersistentSettings(changed).execute(new org.elasticsearch.rest.action.RestActionListener<>(ch) {
                                    @Override protected void processResponse(org.elasticsearch.action.admin.cluster.settings.ClusterUpdateSettingsResponse done) throws Exception {
                                        answer(ch, RestStatus.OK, b -> b.field("acknowledged", true)); } });
                        }
                    });
            };
        }
        interface Body { void write(XContentBuilder b) throws java.io.IOException; }
        void answer(RestChannel ch, RestStatus status, Body body) throws java.io.IOException {
            try (XContentBuilder b = ch.newBuilder()) { b.startObject(); body.write(b); b.endObject(); ch.sendResponse(new RestResponse(status, b)); }
        }
    }
    List<RestHandler> handlers() {
        return List.of(
            new Policies("/_ilm/policy", (p, name) -> {
                p.nextToken();
                if (p.nextToken() != XContentParser.Token.FIELD_NAME || "policy".equals(p.currentName()) == false) throw new IllegalArgumentException("required field [policy] is missing");
                p.nextToken();
                var q = LifecyclePolicy.parse(p, name); q.validate(); return q; }),
            new Policies("/_slm/policy", (p, name) -> {
                var q = SnapshotLifecyclePolicy.parse(p, name); var e = q.validate(); if (e != null) throw e; return q; }));
    }
}
