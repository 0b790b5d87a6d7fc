// What a frontend built with Relay would write. Compiled by relay-compiler, never run.
declare function graphql(text: TemplateStringsArray): unknown;

export const query = graphql`
  query MappingQuery($search: String) {
    partner {
      ...Mapping_partner @arguments(search: $search)
    }
  }
`;

export const page = graphql`
  fragment Mapping_partner on Partner
  @refetchable(queryName: "MappingPageQuery")
  @argumentDefinitions(
    first: { type: "Int", defaultValue: 25 }
    after: { type: "String" }
    search: { type: "String" }
  ) {
    clients(first: $first, after: $after, search: $search) @connection(key: "Mapping_clients") {
      edges {
        node {
          id
          name
        }
      }
    }
  }
`;

export const connection = graphql`
  fragment Mapping_connection on HaloConnection @refetchable(queryName: "ConnectionRefetchQuery") {
    status
    lastSyncedAt
  }
`;

export const follow = graphql`
  subscription FollowSubscription($id: ID!) {
    haloSyncRun(id: $id) {
      status
    }
  }
`;
