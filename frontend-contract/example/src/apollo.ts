// The client: operations go by their ids, and the subscription over a socket.
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { relayStylePagination } from "@apollo/client/utilities";
import { sha256 } from "@infima/halo-contract";
import { createClient } from "graphql-ws";

/** Where the API is, and the user's token. A real frontend has both from its sign-in. */
export interface Session {
  readonly api: string;
  readonly token: string;
}

export function connect({ api, token }: Session): ApolloClient {
  const authorization = `Bearer ${token}`;
  const http = new PersistedQueryLink({ sha256 }).concat(new HttpLink({ uri: api, headers: { authorization } }));
  const socket = new GraphQLWsLink(createClient({ url: api.replace(/^http/, "ws"), connectionParams: { authorization } }));
  return new ApolloClient({
    link: ApolloLink.split(({ operationType }) => operationType === "subscription", socket, http),
    cache: new InMemoryCache({
      possibleTypes: { Node: ["Partner", "Client", "HaloConnection", "HaloClientAssociation", "HaloSyncRun"] },
      typePolicies: {
        // Pages of one list, for each way to narrow it.
        Partner: {
          fields: {
            clients: relayStylePagination(["search", "associated", "needsAttention", "orderBy"]),
            haloSyncRuns: relayStylePagination(["trigger", "status", "requestedBy", "clientId", "changesOnly", "from", "to"]),
            activity: relayStylePagination(["changesOnly", "action", "actorRole", "actor", "clientId", "from", "to"]),
          },
        },
        Client: { fields: { users: relayStylePagination(["counted"]) } },
        Query: { fields: { haloCustomers: relayStylePagination(["search"]) } },
      },
    }),
    clientAwareness: { name: "infima-halo-example", version: "1" },
  });
}
