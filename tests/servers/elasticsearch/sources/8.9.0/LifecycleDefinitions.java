// Copyright: (c) 2026, Vigil contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package vigil.test;

import java.util.List;
import java.util.function.Supplier;
import org.elasticsearch.action.admin.cluster.settings.ClusterUpdateSettingsRequestBuilder;
import org.elasticsearch.action.admin.cluster.state.ClusterStateRequestBuilder;
import org.elasticsearch.client.internal.node.NodeClient;
import org.elasticsearch.cluster.metadata.IndexNameExpressionResolver;
import org.elasticsearch.cluster.node.DiscoveryNodes;
import org.elasticsearch.common.settings.ClusterSettings;
import org.elasticsearch.common.settings.IndexScopedSettings;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.common.settings.SettingsFilter;
import org.elasticsearch.rest.RestController;
import org.elasticsearch.rest.RestHandler;

/** The definitions for 8.9. */
public class LifecycleDefinitions extends LifecyclePolicies {
    @Override
    public List<RestHandler> getRestHandlers(
        Settings settings, RestController controller, ClusterSettings cluster, IndexScopedSettings index,
        SettingsFilter filter, IndexNameExpressionResolver names, Supplier<DiscoveryNodes> nodes
    ) {
        return handlers();
    }

    @Override
    ClusterStateRequestBuilder state(NodeClient client) {
        return client.admin().cluster().prepareState();
    }

    @Override
    ClusterUpdateSettingsRequestBuilder update(NodeClient client) {
        return client.admin().cluster().prepareUpdateSettings();
    }
}
