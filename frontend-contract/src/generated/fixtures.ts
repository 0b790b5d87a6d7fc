import type * as types from "./graphql.js";

/** The id of each operation's document, as the server trusts it. */
export const documentIds = {
  "ActivityLog": "sha256:f8415825fd4e11f10ece7407fc03116106b6d23562cae347e13860802c8d6a20",
  "AssociationHistory": "sha256:2ac7872747c2ca8ca5a587022d8847f9ba7e69c9b5b5a9aa3b893f5056856f6e",
  "ConfirmTenantChange": "sha256:1f9bafbde9ffa7388c9a259ddb2997fe3987a465f1cd8b142bee6a8a623ca866",
  "ConnectionForm": "sha256:d6e4a5ddc3aca6547c476adcd6e2ccb97d0e23ca9ab6a1b7179e81c7a92c1786",
  "CustomerSearch": "sha256:cf44b0df09c2e19acf797fb530d34123c4383da91c64ffa4ff7a011c3e1fbb67",
  "CustomerSuggestions": "sha256:4c2658216659f3894832f678412358d8aae3bac4f22d39b2ba1994bab8b44312",
  "Disconnect": "sha256:e21298a7eb9f569e75dca8b5f607e1997fed8143652427484c15dcdab0ff834a",
  "IntegrationStatus": "sha256:f081d1b2a641cd5464b649ac23abc6931fa2efbb0c9da8d40382ef02ab4a3cd6",
  "MappingTable": "sha256:71ee6d60379988c8f37afdfacfe70fce70707eaeafaaf0663a92634a88369b4c",
  "RecreateSubscription": "sha256:bd95e1bdc6dfa7ca678446b63e29ba9ea4597b3c009471869c9acffda6e95489",
  "RemoveAssociation": "sha256:214369302a458d4b925c5cee03912b8c00bfae5f2ba1d8bbf431e14239286f5d",
  "ResolveSubscription": "sha256:934d4b9c69127799cf317d55ff909f1e1820d60f23bf3afc04b85ab4cb20ad10",
  "RunChanges": "sha256:4796cde20dbefc517c687376fb88432d632b3993c0561e92d6191c7a1dce896f",
  "RunProgress": "sha256:4c3ead6989b5f55fde3236310cbc3289de3f40a6d8921fd3500847415ca8b332",
  "RunResults": "sha256:6047c481e562e63849ae63b7da13b77b5de4b862f8f59b0e8a58b3a586fbb7cb",
  "SaveAssociations": "sha256:128d87b209e499938440dce88e63bb3d096e7d5282dda3feb7d73f57c2b5b2ae",
  "SaveConnection": "sha256:62d3df166e389d985036f13d6e729a399ccab9cb2d4456ea7ce8720d2c87da10",
  "SyncHistory": "sha256:a24137f238942c3d961f9bff9b75a838acd0687070065e16ddae3c19fadab969",
  "SyncNow": "sha256:319c025322cf260f86ff44f6a6d156afdef6004462db269ae1db6f779ca519f0",
  "SyncPreview": "sha256:ea3e11c6e953ffd452aa52c25f6c6e35ec4b988ba6612d528148a1e7fe8d7069",
  "SyncSettings": "sha256:e71442b539153e77d7e722de6cc79d2964d58693c7500934b98f68fd3649f303",
  "TestConnection": "sha256:8663df9c701f6eceea45382c84e42864e7682c3f2bb2e1b798d913536304b968",
  "UpdateSyncSettings": "sha256:b89924279d3d8ffa52b2043ca8d0d6c6ee3f30ee77a15aeb8c9595ba716f6b7a"
} as const;

/** What the server answers to each operation. */
export const operations = {
  /** What the server answers to `ActivityLog`. */
  ActivityLog: {
    "partner": {
      "__typename": "Partner",
      "activity": {
        "__typename": "ActivityConnection",
        "edges": [
          {
            "__typename": "ActivityEdge",
            "cursor": "cursor-1",
            "node": {
              "__typename": "Activity",
              "action": "sync.requested",
              "actor": {
                "__typename": "Actor",
                "name": "Ada Admin",
                "role": "PARTNER_ADMIN"
              },
              "at": "2026-11-24T09:00:00.000Z",
              "changes": [],
              "id": "activity_00000000000000000000000000000001",
              "reason": null,
              "subject": {
                "__typename": "HaloSyncRun",
                "id": "run_00000000000000000000000000000001"
              },
              "subjectId": "run_00000000000000000000000000000001"
            }
          },
          {
            "__typename": "ActivityEdge",
            "cursor": "cursor-2",
            "node": {
              "__typename": "Activity",
              "action": "roster.imported",
              "actor": {
                "__typename": "Actor",
                "name": "INFIMA",
                "role": "PLATFORM"
              },
              "at": "2026-11-24T09:00:00.000Z",
              "changes": [
                {
                  "__typename": "ActivityChange",
                  "after": "13",
                  "before": "10",
                  "name": "activeUsers"
                },
                {
                  "__typename": "ActivityChange",
                  "after": "8",
                  "before": null,
                  "name": "usersStored"
                }
              ],
              "id": "activity_00000000000000000000000000000002",
              "reason": null,
              "subject": null,
              "subjectId": null
            }
          },
          {
            "__typename": "ActivityEdge",
            "cursor": "cursor-3",
            "node": {
              "__typename": "Activity",
              "action": "sync.requested",
              "actor": {
                "__typename": "Actor",
                "name": "Ada Admin",
                "role": "PARTNER_ADMIN"
              },
              "at": "2026-11-24T09:00:00.000Z",
              "changes": [],
              "id": "activity_00000000000000000000000000000003",
              "reason": null,
              "subject": {
                "__typename": "HaloSyncRun",
                "id": "run_00000000000000000000000000000002"
              },
              "subjectId": "run_00000000000000000000000000000002"
            }
          },
          {
            "__typename": "ActivityEdge",
            "cursor": "cursor-4",
            "node": {
              "__typename": "Activity",
              "action": "association.saved",
              "actor": {
                "__typename": "Actor",
                "name": "Ada Admin",
                "role": "PARTNER_ADMIN"
              },
              "at": "2026-11-24T09:00:00.000Z",
              "changes": [
                {
                  "__typename": "ActivityChange",
                  "after": "client_00000000000000000000000000000001",
                  "before": null,
                  "name": "client"
                },
                {
                  "__typename": "ActivityChange",
                  "after": "42",
                  "before": null,
                  "name": "haloCustomer"
                },
                {
                  "__typename": "ActivityChange",
                  "after": "Birch",
                  "before": null,
                  "name": "haloCustomerName"
                }
              ],
              "id": "activity_00000000000000000000000000000004",
              "reason": null,
              "subject": {
                "__typename": "HaloClientAssociation",
                "client": {
                  "__typename": "Client",
                  "id": "client_00000000000000000000000000000001",
                  "name": "Birch"
                },
                "id": "association_00000000000000000000000000000001"
              },
              "subjectId": "association_00000000000000000000000000000001"
            }
          },
          {
            "__typename": "ActivityEdge",
            "cursor": "cursor-5",
            "node": {
              "__typename": "Activity",
              "action": "association.saved",
              "actor": {
                "__typename": "Actor",
                "name": "Ada Admin",
                "role": "PARTNER_ADMIN"
              },
              "at": "2026-11-24T09:00:00.000Z",
              "changes": [
                {
                  "__typename": "ActivityChange",
                  "after": "client_00000000000000000000000000000002",
                  "before": null,
                  "name": "client"
                },
                {
                  "__typename": "ActivityChange",
                  "after": "41",
                  "before": null,
                  "name": "haloCustomer"
                },
                {
                  "__typename": "ActivityChange",
                  "after": "Alder",
                  "before": null,
                  "name": "haloCustomerName"
                }
              ],
              "id": "activity_00000000000000000000000000000005",
              "reason": null,
              "subject": {
                "__typename": "HaloClientAssociation",
                "client": {
                  "__typename": "Client",
                  "id": "client_00000000000000000000000000000002",
                  "name": "Alder"
                },
                "id": "association_00000000000000000000000000000002"
              },
              "subjectId": "association_00000000000000000000000000000002"
            }
          },
          {
            "__typename": "ActivityEdge",
            "cursor": "cursor-6",
            "node": {
              "__typename": "Activity",
              "action": "connection.saved",
              "actor": {
                "__typename": "Actor",
                "name": "Sam Example",
                "role": "PARTNER_ADMIN"
              },
              "at": "2026-11-24T09:00:00.000Z",
              "changes": [
                {
                  "__typename": "ActivityChange",
                  "after": "6b3f2a5e-0c1d-4f7a-9e42-5d8c7b6a1f00",
                  "before": null,
                  "name": "applicationClientId"
                },
                {
                  "__typename": "ActivityChange",
                  "after": "set",
                  "before": null,
                  "name": "clientSecret"
                },
                {
                  "__typename": "ActivityChange",
                  "after": "northwind",
                  "before": null,
                  "name": "tenant"
                },
                {
                  "__typename": "ActivityChange",
                  "after": "https://northwind.halopsa.com",
                  "before": null,
                  "name": "url"
                }
              ],
              "id": "activity_00000000000000000000000000000006",
              "reason": null,
              "subject": {
                "__typename": "HaloConnection",
                "id": "connection_00000000000000000000000000000001"
              },
              "subjectId": "connection_00000000000000000000000000000001"
            }
          },
          {
            "__typename": "ActivityEdge",
            "cursor": "cursor-7",
            "node": {
              "__typename": "Activity",
              "action": "roster.imported",
              "actor": {
                "__typename": "Actor",
                "name": "INFIMA",
                "role": "PLATFORM"
              },
              "at": "2026-11-24T09:00:00.000Z",
              "changes": [
                {
                  "__typename": "ActivityChange",
                  "after": "10",
                  "before": "8",
                  "name": "activeUsers"
                },
                {
                  "__typename": "ActivityChange",
                  "after": "2",
                  "before": null,
                  "name": "usersStored"
                }
              ],
              "id": "activity_00000000000000000000000000000007",
              "reason": null,
              "subject": null,
              "subjectId": null
            }
          },
          {
            "__typename": "ActivityEdge",
            "cursor": "cursor-8",
            "node": {
              "__typename": "Activity",
              "action": "roster.imported",
              "actor": {
                "__typename": "Actor",
                "name": "INFIMA",
                "role": "PLATFORM"
              },
              "at": "2026-11-24T09:00:00.000Z",
              "changes": [
                {
                  "__typename": "ActivityChange",
                  "after": "8",
                  "before": "3",
                  "name": "activeUsers"
                },
                {
                  "__typename": "ActivityChange",
                  "after": "5",
                  "before": null,
                  "name": "usersStored"
                }
              ],
              "id": "activity_00000000000000000000000000000008",
              "reason": null,
              "subject": null,
              "subjectId": null
            }
          },
          {
            "__typename": "ActivityEdge",
            "cursor": "cursor-9",
            "node": {
              "__typename": "Activity",
              "action": "roster.imported",
              "actor": {
                "__typename": "Actor",
                "name": "INFIMA",
                "role": "PLATFORM"
              },
              "at": "2026-11-24T09:00:00.000Z",
              "changes": [
                {
                  "__typename": "ActivityChange",
                  "after": "3",
                  "before": "0",
                  "name": "activeUsers"
                },
                {
                  "__typename": "ActivityChange",
                  "after": "3",
                  "before": null,
                  "name": "usersStored"
                }
              ],
              "id": "activity_00000000000000000000000000000009",
              "reason": null,
              "subject": null,
              "subjectId": null
            }
          },
          {
            "__typename": "ActivityEdge",
            "cursor": "cursor-10",
            "node": {
              "__typename": "Activity",
              "action": "roster.imported",
              "actor": {
                "__typename": "Actor",
                "name": "INFIMA",
                "role": "PLATFORM"
              },
              "at": "2026-11-24T09:00:00.000Z",
              "changes": [
                {
                  "__typename": "ActivityChange",
                  "after": "3",
                  "before": null,
                  "name": "activeClients"
                },
                {
                  "__typename": "ActivityChange",
                  "after": "0",
                  "before": null,
                  "name": "activeUsers"
                },
                {
                  "__typename": "ActivityChange",
                  "after": "3",
                  "before": null,
                  "name": "clientsStored"
                },
                {
                  "__typename": "ActivityChange",
                  "after": "NORTHWIND",
                  "before": null,
                  "name": "name"
                },
                {
                  "__typename": "ActivityChange",
                  "after": "1",
                  "before": null,
                  "name": "partnersStored"
                },
                {
                  "__typename": "ActivityChange",
                  "after": "active",
                  "before": null,
                  "name": "state"
                },
                {
                  "__typename": "ActivityChange",
                  "after": "Europe/Berlin",
                  "before": null,
                  "name": "timeZone"
                }
              ],
              "id": "activity_00000000000000000000000000000010",
              "reason": null,
              "subject": null,
              "subjectId": null
            }
          }
        ],
        "pageInfo": {
          "__typename": "PageInfo",
          "endCursor": "cursor-10",
          "hasNextPage": false
        },
        "totalCount": 10
      },
      "id": "partner_00000000000000000000000000000001"
    }
  } satisfies types.ActivityLogQuery as types.ActivityLogQuery,
  /** What the server answers to `AssociationHistory`. */
  AssociationHistory: {
    "node": {
      "__typename": "HaloClientAssociation",
      "client": {
        "__typename": "Client",
        "id": "client_00000000000000000000000000000002",
        "name": "Alder"
      },
      "history": {
        "__typename": "HaloSyncResultConnection",
        "edges": [
          {
            "__typename": "HaloSyncResultEdge",
            "cursor": "cursor-11",
            "node": {
              "__typename": "HaloSyncResult",
              "at": "2026-11-24T09:00:00.000Z",
              "changedInHalo": true,
              "outcome": "UPDATED",
              "problem": {
                "__typename": "HaloProblem",
                "code": "QUANTITY_CHANGED_IN_HALO",
                "guideStep": "Subscription Management",
                "message": "The quantity was changed in Halo. INFIMA keeps it at the active user count.",
                "remedy": null,
                "since": "2026-11-24T09:00:00.000Z"
              },
              "quantityAfter": 3,
              "quantityBefore": 30,
              "run": {
                "__typename": "HaloSyncRun",
                "id": "run_00000000000000000000000000000001",
                "requestedBy": {
                  "__typename": "Actor",
                  "name": "Ada Admin",
                  "role": "PARTNER_ADMIN"
                },
                "trigger": "ON_DEMAND"
              }
            }
          },
          {
            "__typename": "HaloSyncResultEdge",
            "cursor": "cursor-12",
            "node": {
              "__typename": "HaloSyncResult",
              "at": "2026-11-24T09:00:00.000Z",
              "changedInHalo": false,
              "outcome": "CREATED",
              "problem": null,
              "quantityAfter": 3,
              "quantityBefore": null,
              "run": {
                "__typename": "HaloSyncRun",
                "id": "run_00000000000000000000000000000002",
                "requestedBy": {
                  "__typename": "Actor",
                  "name": "Ada Admin",
                  "role": "PARTNER_ADMIN"
                },
                "trigger": "ASSOCIATION_SAVED"
              }
            }
          }
        ],
        "pageInfo": {
          "__typename": "PageInfo",
          "endCursor": "cursor-12",
          "hasNextPage": false
        },
        "totalCount": 2
      },
      "id": "association_00000000000000000000000000000002"
    }
  } satisfies types.AssociationHistoryQuery as types.AssociationHistoryQuery,
  /** What the server answers to `ConfirmTenantChange`. */
  ConfirmTenantChange: {
    "confirmHaloTenantChange": {
      "__typename": "ConfirmHaloTenantChangePayload",
      "haloConnection": {
        "__typename": "HaloConnection",
        "applicationClientId": "6b3f2a5e-0c1d-4f7a-9e42-5d8c7b6a1f00",
        "checks": [
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Save Halo PSA Connection Details",
            "message": "Halo PSA URL: a Halo answers there.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "ADDRESS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "Client ID and Client Secret: Halo accepts them.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "CREDENTIALS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Customers Access Level: Read Only: works. Halo shows the agent its customers.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "AGENT_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Users Access Level: Read Only: in the guide, not used by this integration, not checked.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "AGENT_USERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Software Licencing Access Level: Read And Modify: works. Halo has accepted a subscription that INFIMA wrote.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "AGENT_SOFTWARE_LICENCING"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "read:customers: works. Halo answers the application's request for customers.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "READ_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "read:invoices: works. Halo grants it to the application.",
            "outcome": "GRANTED",
            "required": false,
            "subject": "READ_INVOICES"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "edit:softwarelicensing: works. Halo has accepted a subscription that INFIMA wrote.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "EDIT_SOFTWARE_LICENSING"
          }
        ],
        "credentialsUpdatedAt": "2026-11-24T09:00:00.000Z",
        "id": "connection_00000000000000000000000000000001",
        "lastSyncedAt": "2026-11-24T09:00:00.000Z",
        "lastVerifiedAt": "2026-11-24T09:00:00.000Z",
        "nextNightlySyncAt": null,
        "problem": null,
        "status": "CONNECTED",
        "tenantChange": null,
        "url": "https://northwind.halopsa.com"
      },
      "run": null,
      "userErrors": []
    }
  } satisfies types.ConfirmTenantChangeMutation as types.ConfirmTenantChangeMutation,
  /** What the server answers to `ConnectionForm`. */
  ConnectionForm: {
    "partner": {
      "__typename": "Partner",
      "haloConnection": {
        "__typename": "HaloConnection",
        "applicationClientId": "6b3f2a5e-0c1d-4f7a-9e42-5d8c7b6a1f00",
        "checks": [
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Save Halo PSA Connection Details",
            "message": "Halo PSA URL: a Halo answers there.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "ADDRESS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "Client ID and Client Secret: Halo accepts them.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "CREDENTIALS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Customers Access Level: Read Only: works. Halo shows the agent its customers.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "AGENT_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Users Access Level: Read Only: in the guide, not used by this integration, not checked.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "AGENT_USERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Software Licencing Access Level: Read And Modify: works. Halo has accepted a subscription that INFIMA wrote.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "AGENT_SOFTWARE_LICENCING"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "read:customers: works. Halo answers the application's request for customers.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "READ_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "read:invoices: works. Halo grants it to the application.",
            "outcome": "GRANTED",
            "required": false,
            "subject": "READ_INVOICES"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "edit:softwarelicensing: works. Halo has accepted a subscription that INFIMA wrote.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "EDIT_SOFTWARE_LICENSING"
          }
        ],
        "credentialsUpdatedAt": "2026-11-24T09:00:00.000Z",
        "id": "connection_00000000000000000000000000000001",
        "lastSyncedAt": "2026-11-24T09:00:00.000Z",
        "lastVerifiedAt": "2026-11-24T09:00:00.000Z",
        "nextNightlySyncAt": "2026-11-25T02:17:00.000Z",
        "problem": null,
        "status": "CONNECTED",
        "tenantChange": null,
        "url": "https://northwind.halopsa.com"
      },
      "id": "partner_00000000000000000000000000000001"
    },
    "viewer": {
      "__typename": "Viewer",
      "id": "viewer_00000000000000000000000000000001",
      "may": [
        "VIEW_PARTNER",
        "VIEW_ACTIVITY",
        "SEARCH_CUSTOMERS",
        "PREVIEW",
        "SAVE_CONNECTION",
        "TEST_TYPED_CONNECTION",
        "RECHECK_CONNECTION",
        "CONFIRM_TENANT_CHANGE",
        "DISCONNECT",
        "ASSOCIATE",
        "REMOVE_ASSOCIATION",
        "RECREATE",
        "RESOLVE",
        "REQUEST_SYNC",
        "UPDATE_SETTINGS"
      ]
    }
  } satisfies types.ConnectionFormQuery as types.ConnectionFormQuery,
  /** What the server answers to `CustomerSearch`. */
  CustomerSearch: {
    "haloCustomers": {
      "__typename": "HaloCustomerConnection",
      "edges": [
        {
          "__typename": "HaloCustomerEdge",
          "cursor": "cursor-13",
          "node": {
            "__typename": "HaloCustomer",
            "associatedClients": [],
            "haloId": 41,
            "name": "Alder",
            "topLevelName": "Customers"
          }
        }
      ],
      "pageInfo": {
        "__typename": "PageInfo",
        "endCursor": "cursor-13",
        "hasNextPage": false
      },
      "totalCount": 1
    }
  } satisfies types.CustomerSearchQuery as types.CustomerSearchQuery,
  /** What the server answers to `CustomerSuggestions`. */
  CustomerSuggestions: {
    "node": {
      "__typename": "Client",
      "id": "client_00000000000000000000000000000003",
      "name": "Cedar",
      "suggestedHaloCustomers": [
        {
          "__typename": "HaloCustomerSuggestion",
          "customer": {
            "__typename": "HaloCustomer",
            "associatedClients": [],
            "haloId": 43,
            "name": "Cedar",
            "topLevelName": "Customers"
          },
          "exact": true
        }
      ]
    }
  } satisfies types.CustomerSuggestionsQuery as types.CustomerSuggestionsQuery,
  /** What the server answers to `Disconnect`. */
  Disconnect: {
    "disconnectHalo": {
      "__typename": "DisconnectHaloPayload",
      "partner": {
        "__typename": "Partner",
        "haloConnection": null,
        "id": "partner_00000000000000000000000000000001"
      },
      "userErrors": []
    }
  } satisfies types.DisconnectMutation as types.DisconnectMutation,
  /** What the server answers to `IntegrationStatus`. */
  IntegrationStatus: {
    "viewer": {
      "__typename": "Viewer",
      "id": "viewer_00000000000000000000000000000001",
      "may": [
        "VIEW_PARTNER",
        "VIEW_ACTIVITY",
        "SEARCH_CUSTOMERS",
        "PREVIEW",
        "SAVE_CONNECTION",
        "TEST_TYPED_CONNECTION",
        "RECHECK_CONNECTION",
        "CONFIRM_TENANT_CHANGE",
        "DISCONNECT",
        "ASSOCIATE",
        "REMOVE_ASSOCIATION",
        "RECREATE",
        "RESOLVE",
        "REQUEST_SYNC",
        "UPDATE_SETTINGS"
      ],
      "name": "Ada Admin",
      "partner": {
        "__typename": "Partner",
        "clientCounts": {
          "__typename": "ClientCounts",
          "mapped": 1,
          "needingAttention": 0,
          "total": 1,
          "unmapped": 0
        },
        "haloConnection": {
          "__typename": "HaloConnection",
          "id": "connection_00000000000000000000000000000001",
          "lastSyncedAt": "2026-11-24T09:00:00.000Z",
          "nextNightlySyncAt": "2026-11-25T02:17:00.000Z",
          "problem": null,
          "status": "CONNECTED",
          "url": "https://northwind.halopsa.com"
        },
        "haloSyncRuns": {
          "__typename": "HaloSyncRunConnection",
          "edges": [
            {
              "__typename": "HaloSyncRunEdge",
              "node": {
                "__typename": "HaloSyncRun",
                "finishedAt": null,
                "id": "run_00000000000000000000000000000003",
                "nextAttemptAt": "2026-11-24T09:00:00.000Z",
                "pollAfterMs": 2000,
                "problem": null,
                "progress": {
                  "__typename": "HaloSyncProgress",
                  "done": 0,
                  "total": 0
                },
                "queuedAt": "2026-11-24T09:00:00.000Z",
                "requestedBy": {
                  "__typename": "Actor",
                  "name": "Ada Admin",
                  "role": "PARTNER_ADMIN"
                },
                "startedAt": null,
                "status": "QUEUED",
                "summary": {
                  "__typename": "HaloSyncSummary",
                  "created": 0,
                  "failed": 0,
                  "skipped": 0,
                  "unchanged": 0,
                  "updated": 0
                },
                "trigger": "ON_DEMAND"
              }
            }
          ]
        },
        "id": "partner_00000000000000000000000000000001",
        "name": "NORTHWIND"
      },
      "role": "PARTNER_ADMIN"
    }
  } satisfies types.IntegrationStatusQuery as types.IntegrationStatusQuery,
  /** What the server answers to `MappingTable`. */
  MappingTable: {
    "partner": {
      "__typename": "Partner",
      "clientCounts": {
        "__typename": "ClientCounts",
        "mapped": 2,
        "needingAttention": 0,
        "total": 3,
        "unmapped": 1
      },
      "clients": {
        "__typename": "ClientConnection",
        "edges": [
          {
            "__typename": "ClientEdge",
            "cursor": "cursor-14",
            "node": {
              "__typename": "Client",
              "activeUserCount": 3,
              "archived": false,
              "externalId": "northwind/Alder",
              "haloAssociation": {
                "__typename": "HaloClientAssociation",
                "ending": null,
                "haloCustomer": {
                  "__typename": "HaloCustomer",
                  "haloId": 41,
                  "name": "Alder",
                  "topLevelName": "Customers"
                },
                "id": "association_00000000000000000000000000000002",
                "lastSyncedAt": "2026-11-24T09:00:00.000Z",
                "lastSyncedQuantity": 3,
                "problem": {
                  "__typename": "HaloProblem",
                  "code": "QUANTITY_CHANGED_IN_HALO",
                  "guideStep": "Subscription Management",
                  "haloSubscriptionIds": [],
                  "message": "The quantity was changed in Halo. INFIMA keeps it at the active user count.",
                  "remedy": null,
                  "since": "2026-11-24T09:00:00.000Z"
                },
                "status": "ACTIVE",
                "subscription": {
                  "__typename": "HaloSubscription",
                  "billing": "NOT_ON_RECURRING_INVOICE",
                  "haloId": 9002,
                  "name": "INFIMA Security Awareness Training",
                  "observedAt": "2026-11-24T09:00:00.000Z",
                  "quantity": 3,
                  "url": "https://northwind.halopsa.com/customer?clientid=41"
                }
              },
              "id": "client_00000000000000000000000000000002",
              "name": "Alder"
            }
          },
          {
            "__typename": "ClientEdge",
            "cursor": "cursor-15",
            "node": {
              "__typename": "Client",
              "activeUserCount": 8,
              "archived": false,
              "externalId": "northwind/Birch",
              "haloAssociation": {
                "__typename": "HaloClientAssociation",
                "ending": null,
                "haloCustomer": {
                  "__typename": "HaloCustomer",
                  "haloId": 42,
                  "name": "Birch",
                  "topLevelName": "Customers"
                },
                "id": "association_00000000000000000000000000000001",
                "lastSyncedAt": "2026-11-24T09:00:00.000Z",
                "lastSyncedQuantity": 8,
                "problem": null,
                "status": "ACTIVE",
                "subscription": {
                  "__typename": "HaloSubscription",
                  "billing": "NOT_ON_RECURRING_INVOICE",
                  "haloId": 9003,
                  "name": "INFIMA Security Awareness Training",
                  "observedAt": "2026-11-24T09:00:00.000Z",
                  "quantity": 8,
                  "url": "https://northwind.halopsa.com/customer?clientid=42"
                }
              },
              "id": "client_00000000000000000000000000000001",
              "name": "Birch"
            }
          },
          {
            "__typename": "ClientEdge",
            "cursor": "cursor-16",
            "node": {
              "__typename": "Client",
              "activeUserCount": 2,
              "archived": false,
              "externalId": "northwind/Cedar",
              "haloAssociation": null,
              "id": "client_00000000000000000000000000000003",
              "name": "Cedar"
            }
          }
        ],
        "pageInfo": {
          "__typename": "PageInfo",
          "endCursor": "cursor-16",
          "hasNextPage": false
        },
        "totalCount": 3
      },
      "id": "partner_00000000000000000000000000000001"
    }
  } satisfies types.MappingTableQuery as types.MappingTableQuery,
  /** What the server answers to `RecreateSubscription`. */
  RecreateSubscription: {
    "recreateHaloSubscription": {
      "__typename": "RecreateHaloSubscriptionPayload",
      "association": {
        "__typename": "HaloClientAssociation",
        "ending": null,
        "haloCustomer": {
          "__typename": "HaloCustomer",
          "haloId": 41,
          "name": "Alder",
          "topLevelName": "Customers"
        },
        "id": "association_00000000000000000000000000000003",
        "lastSyncedAt": "2026-11-24T09:00:00.000Z",
        "lastSyncedQuantity": 3,
        "problem": null,
        "status": "PENDING",
        "subscription": null
      },
      "run": {
        "__typename": "HaloSyncRun",
        "finishedAt": null,
        "id": "run_00000000000000000000000000000004",
        "nextAttemptAt": "2026-11-24T09:00:00.000Z",
        "pollAfterMs": 2000,
        "problem": null,
        "progress": {
          "__typename": "HaloSyncProgress",
          "done": 0,
          "total": 0
        },
        "queuedAt": "2026-11-24T09:00:00.000Z",
        "requestedBy": {
          "__typename": "Actor",
          "name": "Ada Admin",
          "role": "PARTNER_ADMIN"
        },
        "startedAt": null,
        "status": "QUEUED",
        "summary": {
          "__typename": "HaloSyncSummary",
          "created": 0,
          "failed": 0,
          "skipped": 0,
          "unchanged": 0,
          "updated": 0
        },
        "trigger": "SUBSCRIPTION_RECREATED"
      },
      "userErrors": []
    }
  } satisfies types.RecreateSubscriptionMutation as types.RecreateSubscriptionMutation,
  /** What the server answers to `RemoveAssociation`. */
  RemoveAssociation: {
    "removeHaloClientAssociation": {
      "__typename": "RemoveHaloClientAssociationPayload",
      "association": {
        "__typename": "HaloClientAssociation",
        "client": {
          "__typename": "Client",
          "haloAssociation": {
            "__typename": "HaloClientAssociation",
            "id": "association_00000000000000000000000000000004"
          },
          "id": "client_00000000000000000000000000000004"
        },
        "ending": "SET_TO_ZERO",
        "haloCustomer": {
          "__typename": "HaloCustomer",
          "haloId": 41,
          "name": "Alder",
          "topLevelName": "Customers"
        },
        "id": "association_00000000000000000000000000000004",
        "lastSyncedAt": "2026-11-24T09:00:00.000Z",
        "lastSyncedQuantity": 3,
        "problem": null,
        "status": "ENDING",
        "subscription": {
          "__typename": "HaloSubscription",
          "billing": "NOT_ON_RECURRING_INVOICE",
          "haloId": 9002,
          "name": "INFIMA Security Awareness Training",
          "observedAt": "2026-11-24T09:00:00.000Z",
          "quantity": 3,
          "url": "https://northwind.halopsa.com/customer?clientid=41"
        }
      },
      "run": {
        "__typename": "HaloSyncRun",
        "finishedAt": null,
        "id": "run_00000000000000000000000000000005",
        "nextAttemptAt": "2026-11-24T09:00:00.000Z",
        "pollAfterMs": 2000,
        "problem": null,
        "progress": {
          "__typename": "HaloSyncProgress",
          "done": 0,
          "total": 0
        },
        "queuedAt": "2026-11-24T09:00:00.000Z",
        "requestedBy": {
          "__typename": "Actor",
          "name": "Ada Admin",
          "role": "PARTNER_ADMIN"
        },
        "startedAt": null,
        "status": "QUEUED",
        "summary": {
          "__typename": "HaloSyncSummary",
          "created": 0,
          "failed": 0,
          "skipped": 0,
          "unchanged": 0,
          "updated": 0
        },
        "trigger": "ASSOCIATION_SAVED"
      },
      "userErrors": []
    }
  } satisfies types.RemoveAssociationMutation as types.RemoveAssociationMutation,
  /** What the server answers to `ResolveSubscription`. */
  ResolveSubscription: {
    "resolveHaloSubscription": {
      "__typename": "ResolveHaloSubscriptionPayload",
      "association": {
        "__typename": "HaloClientAssociation",
        "ending": null,
        "haloCustomer": {
          "__typename": "HaloCustomer",
          "haloId": 44,
          "name": "Elder",
          "topLevelName": "Customers"
        },
        "id": "association_00000000000000000000000000000005",
        "lastSyncedAt": null,
        "lastSyncedQuantity": null,
        "problem": null,
        "status": "ACTIVE",
        "subscription": {
          "__typename": "HaloSubscription",
          "billing": "UNKNOWN",
          "haloId": 9001,
          "name": "Security awareness",
          "observedAt": "2026-11-24T09:00:00.000Z",
          "quantity": 7,
          "url": "https://northwind.halopsa.com/customer?clientid=44"
        }
      },
      "run": {
        "__typename": "HaloSyncRun",
        "finishedAt": null,
        "id": "run_00000000000000000000000000000004",
        "nextAttemptAt": "2026-11-24T09:00:00.000Z",
        "pollAfterMs": 2000,
        "problem": null,
        "progress": {
          "__typename": "HaloSyncProgress",
          "done": 0,
          "total": 0
        },
        "queuedAt": "2026-11-24T09:00:00.000Z",
        "requestedBy": {
          "__typename": "Actor",
          "name": "Ada Admin",
          "role": "PARTNER_ADMIN"
        },
        "startedAt": null,
        "status": "QUEUED",
        "summary": {
          "__typename": "HaloSyncSummary",
          "created": 0,
          "failed": 0,
          "skipped": 0,
          "unchanged": 0,
          "updated": 0
        },
        "trigger": "SUBSCRIPTION_RECREATED"
      },
      "userErrors": []
    }
  } satisfies types.ResolveSubscriptionMutation as types.ResolveSubscriptionMutation,
  /** What the server answers to `RunChanges`. */
  RunChanges: {
    "haloSyncRun": {
      "__typename": "HaloSyncRun",
      "finishedAt": null,
      "id": "run_00000000000000000000000000000001",
      "nextAttemptAt": "2026-11-24T09:00:00.000Z",
      "pollAfterMs": 2000,
      "problem": null,
      "progress": {
        "__typename": "HaloSyncProgress",
        "done": 0,
        "total": 0
      },
      "queuedAt": "2026-11-24T09:00:00.000Z",
      "requestedBy": {
        "__typename": "Actor",
        "name": "Ada Admin",
        "role": "PARTNER_ADMIN"
      },
      "startedAt": null,
      "status": "QUEUED",
      "summary": {
        "__typename": "HaloSyncSummary",
        "created": 0,
        "failed": 0,
        "skipped": 0,
        "unchanged": 0,
        "updated": 0
      },
      "trigger": "ON_DEMAND"
    }
  } satisfies types.RunChangesSubscription as types.RunChangesSubscription,
  /** What the server answers to `RunProgress`. */
  RunProgress: {
    "haloSyncRun": {
      "__typename": "HaloSyncRun",
      "finishedAt": "2026-11-24T09:00:05.000Z",
      "id": "run_00000000000000000000000000000001",
      "nextAttemptAt": null,
      "pollAfterMs": null,
      "problem": null,
      "progress": {
        "__typename": "HaloSyncProgress",
        "done": 2,
        "total": 2
      },
      "queuedAt": "2026-11-24T09:00:00.000Z",
      "requestedBy": {
        "__typename": "Actor",
        "name": "Ada Admin",
        "role": "PARTNER_ADMIN"
      },
      "startedAt": "2026-11-24T09:00:01.000Z",
      "status": "SUCCEEDED",
      "summary": {
        "__typename": "HaloSyncSummary",
        "created": 0,
        "failed": 0,
        "skipped": 0,
        "unchanged": 0,
        "updated": 2
      },
      "trigger": "ON_DEMAND"
    }
  } satisfies types.RunProgressQuery as types.RunProgressQuery,
  /** What the server answers to `RunResults`. */
  RunResults: {
    "haloSyncRun": {
      "__typename": "HaloSyncRun",
      "id": "run_00000000000000000000000000000001",
      "results": {
        "__typename": "HaloSyncResultConnection",
        "edges": [
          {
            "__typename": "HaloSyncResultEdge",
            "cursor": "cursor-11",
            "node": {
              "__typename": "HaloSyncResult",
              "at": "2026-11-24T09:00:00.000Z",
              "changedInHalo": true,
              "client": {
                "__typename": "Client",
                "id": "client_00000000000000000000000000000002",
                "name": "Alder"
              },
              "outcome": "UPDATED",
              "problem": {
                "__typename": "HaloProblem",
                "code": "QUANTITY_CHANGED_IN_HALO",
                "guideStep": "Subscription Management",
                "message": "The quantity was changed in Halo. INFIMA keeps it at the active user count.",
                "remedy": null,
                "since": "2026-11-24T09:00:00.000Z"
              },
              "quantityAfter": 3,
              "quantityBefore": 30
            }
          },
          {
            "__typename": "HaloSyncResultEdge",
            "cursor": "cursor-17",
            "node": {
              "__typename": "HaloSyncResult",
              "at": "2026-11-24T09:00:00.000Z",
              "changedInHalo": false,
              "client": {
                "__typename": "Client",
                "id": "client_00000000000000000000000000000001",
                "name": "Birch"
              },
              "outcome": "UPDATED",
              "problem": null,
              "quantityAfter": 8,
              "quantityBefore": 5
            }
          }
        ],
        "pageInfo": {
          "__typename": "PageInfo",
          "endCursor": "cursor-17",
          "hasNextPage": false
        },
        "totalCount": 2
      }
    }
  } satisfies types.RunResultsQuery as types.RunResultsQuery,
  /** What the server answers to `SaveAssociations`. */
  SaveAssociations: {
    "saveHaloClientAssociations": {
      "__typename": "SaveHaloClientAssociationsPayload",
      "associations": [
        {
          "__typename": "HaloClientAssociation",
          "client": {
            "__typename": "Client",
            "haloAssociation": {
              "__typename": "HaloClientAssociation",
              "id": "association_00000000000000000000000000000002"
            },
            "id": "client_00000000000000000000000000000002"
          },
          "ending": null,
          "haloCustomer": {
            "__typename": "HaloCustomer",
            "haloId": 41,
            "name": "Alder",
            "topLevelName": "Customers"
          },
          "id": "association_00000000000000000000000000000002",
          "lastSyncedAt": null,
          "lastSyncedQuantity": null,
          "problem": null,
          "status": "PENDING",
          "subscription": null
        },
        {
          "__typename": "HaloClientAssociation",
          "client": {
            "__typename": "Client",
            "haloAssociation": {
              "__typename": "HaloClientAssociation",
              "id": "association_00000000000000000000000000000001"
            },
            "id": "client_00000000000000000000000000000001"
          },
          "ending": null,
          "haloCustomer": {
            "__typename": "HaloCustomer",
            "haloId": 42,
            "name": "Birch",
            "topLevelName": "Customers"
          },
          "id": "association_00000000000000000000000000000001",
          "lastSyncedAt": null,
          "lastSyncedQuantity": null,
          "problem": null,
          "status": "PENDING",
          "subscription": null
        }
      ],
      "run": {
        "__typename": "HaloSyncRun",
        "finishedAt": null,
        "id": "run_00000000000000000000000000000002",
        "nextAttemptAt": "2026-11-24T09:00:00.000Z",
        "pollAfterMs": 2000,
        "problem": null,
        "progress": {
          "__typename": "HaloSyncProgress",
          "done": 0,
          "total": 0
        },
        "queuedAt": "2026-11-24T09:00:00.000Z",
        "requestedBy": {
          "__typename": "Actor",
          "name": "Ada Admin",
          "role": "PARTNER_ADMIN"
        },
        "startedAt": null,
        "status": "QUEUED",
        "summary": {
          "__typename": "HaloSyncSummary",
          "created": 0,
          "failed": 0,
          "skipped": 0,
          "unchanged": 0,
          "updated": 0
        },
        "trigger": "ASSOCIATION_SAVED"
      },
      "userErrors": []
    }
  } satisfies types.SaveAssociationsMutation as types.SaveAssociationsMutation,
  /** What the server answers to `SaveConnection`. */
  SaveConnection: {
    "saveHaloConnection": {
      "__typename": "SaveHaloConnectionPayload",
      "checks": [
        {
          "__typename": "HaloConnectionCheck",
          "guideStep": "Save Halo PSA Connection Details",
          "message": "Halo PSA URL: a Halo answers there.",
          "outcome": "GRANTED",
          "required": true,
          "subject": "ADDRESS"
        },
        {
          "__typename": "HaloConnectionCheck",
          "guideStep": "Creating an Application",
          "message": "Client ID and Client Secret: Halo accepts them.",
          "outcome": "GRANTED",
          "required": true,
          "subject": "CREDENTIALS"
        },
        {
          "__typename": "HaloConnectionCheck",
          "guideStep": "Creating an API Agent",
          "message": "Customers Access Level: Read Only: works. Halo shows the agent its customers.",
          "outcome": "GRANTED",
          "required": true,
          "subject": "AGENT_CUSTOMERS"
        },
        {
          "__typename": "HaloConnectionCheck",
          "guideStep": "Creating an API Agent",
          "message": "Users Access Level: Read Only: in the guide, not used by this integration, not checked.",
          "outcome": "UNKNOWN",
          "required": false,
          "subject": "AGENT_USERS"
        },
        {
          "__typename": "HaloConnectionCheck",
          "guideStep": "Creating an API Agent",
          "message": "Software Licencing Access Level: Read And Modify: works. Halo has accepted a subscription that INFIMA wrote.",
          "outcome": "GRANTED",
          "required": true,
          "subject": "AGENT_SOFTWARE_LICENCING"
        },
        {
          "__typename": "HaloConnectionCheck",
          "guideStep": "Creating an Application",
          "message": "read:customers: works. Halo answers the application's request for customers.",
          "outcome": "GRANTED",
          "required": true,
          "subject": "READ_CUSTOMERS"
        },
        {
          "__typename": "HaloConnectionCheck",
          "guideStep": "Creating an Application",
          "message": "read:invoices: works. Halo grants it to the application.",
          "outcome": "GRANTED",
          "required": false,
          "subject": "READ_INVOICES"
        },
        {
          "__typename": "HaloConnectionCheck",
          "guideStep": "Creating an Application",
          "message": "edit:softwarelicensing: works. Halo has accepted a subscription that INFIMA wrote.",
          "outcome": "GRANTED",
          "required": true,
          "subject": "EDIT_SOFTWARE_LICENSING"
        }
      ],
      "haloConnection": {
        "__typename": "HaloConnection",
        "applicationClientId": "6b3f2a5e-0c1d-4f7a-9e42-5d8c7b6a1f00",
        "checks": [
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Save Halo PSA Connection Details",
            "message": "Halo PSA URL: a Halo answers there.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "ADDRESS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "Client ID and Client Secret: Halo accepts them.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "CREDENTIALS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Customers Access Level: Read Only: works. Halo shows the agent its customers.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "AGENT_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Users Access Level: Read Only: in the guide, not used by this integration, not checked.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "AGENT_USERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Software Licencing Access Level: Read And Modify: works. Halo has accepted a subscription that INFIMA wrote.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "AGENT_SOFTWARE_LICENCING"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "read:customers: works. Halo answers the application's request for customers.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "READ_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "read:invoices: works. Halo grants it to the application.",
            "outcome": "GRANTED",
            "required": false,
            "subject": "READ_INVOICES"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "edit:softwarelicensing: works. Halo has accepted a subscription that INFIMA wrote.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "EDIT_SOFTWARE_LICENSING"
          }
        ],
        "credentialsUpdatedAt": "2026-11-24T09:00:00.000Z",
        "id": "connection_00000000000000000000000000000001",
        "lastSyncedAt": "2026-11-24T09:00:00.000Z",
        "lastVerifiedAt": "2026-11-24T09:00:00.000Z",
        "nextNightlySyncAt": "2026-11-25T02:17:00.000Z",
        "problem": null,
        "status": "CONNECTED",
        "tenantChange": null,
        "url": "https://northwind.halopsa.com"
      },
      "run": {
        "__typename": "HaloSyncRun",
        "finishedAt": null,
        "id": "run_00000000000000000000000000000003",
        "nextAttemptAt": "2026-11-24T09:00:00.000Z",
        "pollAfterMs": 2000,
        "problem": null,
        "progress": {
          "__typename": "HaloSyncProgress",
          "done": 0,
          "total": 0
        },
        "queuedAt": "2026-11-24T09:00:00.000Z",
        "requestedBy": {
          "__typename": "Actor",
          "name": "Ada Admin",
          "role": "PARTNER_ADMIN"
        },
        "startedAt": null,
        "status": "QUEUED",
        "summary": {
          "__typename": "HaloSyncSummary",
          "created": 0,
          "failed": 0,
          "skipped": 0,
          "unchanged": 0,
          "updated": 0
        },
        "trigger": "ON_DEMAND"
      },
      "userErrors": []
    }
  } satisfies types.SaveConnectionMutation as types.SaveConnectionMutation,
  /** What the server answers to `SyncHistory`. */
  SyncHistory: {
    "partner": {
      "__typename": "Partner",
      "haloSyncRuns": {
        "__typename": "HaloSyncRunConnection",
        "edges": [
          {
            "__typename": "HaloSyncRunEdge",
            "cursor": "cursor-18",
            "node": {
              "__typename": "HaloSyncRun",
              "finishedAt": "2026-11-24T09:00:05.000Z",
              "id": "run_00000000000000000000000000000001",
              "nextAttemptAt": null,
              "pollAfterMs": null,
              "problem": null,
              "progress": {
                "__typename": "HaloSyncProgress",
                "done": 2,
                "total": 2
              },
              "queuedAt": "2026-11-24T09:00:00.000Z",
              "requestedBy": {
                "__typename": "Actor",
                "name": "Ada Admin",
                "role": "PARTNER_ADMIN"
              },
              "startedAt": "2026-11-24T09:00:01.000Z",
              "status": "SUCCEEDED",
              "summary": {
                "__typename": "HaloSyncSummary",
                "created": 0,
                "failed": 0,
                "skipped": 0,
                "unchanged": 0,
                "updated": 2
              },
              "trigger": "ON_DEMAND"
            }
          },
          {
            "__typename": "HaloSyncRunEdge",
            "cursor": "cursor-19",
            "node": {
              "__typename": "HaloSyncRun",
              "finishedAt": "2026-11-24T09:00:05.000Z",
              "id": "run_00000000000000000000000000000002",
              "nextAttemptAt": null,
              "pollAfterMs": null,
              "problem": null,
              "progress": {
                "__typename": "HaloSyncProgress",
                "done": 2,
                "total": 2
              },
              "queuedAt": "2026-11-24T09:00:00.000Z",
              "requestedBy": {
                "__typename": "Actor",
                "name": "Ada Admin",
                "role": "PARTNER_ADMIN"
              },
              "startedAt": "2026-11-24T09:00:01.000Z",
              "status": "SUCCEEDED",
              "summary": {
                "__typename": "HaloSyncSummary",
                "created": 2,
                "failed": 0,
                "skipped": 0,
                "unchanged": 0,
                "updated": 0
              },
              "trigger": "ASSOCIATION_SAVED"
            }
          }
        ],
        "pageInfo": {
          "__typename": "PageInfo",
          "endCursor": "cursor-19",
          "hasNextPage": false
        },
        "totalCount": 2
      },
      "id": "partner_00000000000000000000000000000001"
    }
  } satisfies types.SyncHistoryQuery as types.SyncHistoryQuery,
  /** What the server answers to `SyncNow`. */
  SyncNow: {
    "requestHaloSync": {
      "__typename": "RequestHaloSyncPayload",
      "run": {
        "__typename": "HaloSyncRun",
        "finishedAt": null,
        "id": "run_00000000000000000000000000000001",
        "nextAttemptAt": "2026-11-24T09:00:00.000Z",
        "pollAfterMs": 2000,
        "problem": null,
        "progress": {
          "__typename": "HaloSyncProgress",
          "done": 0,
          "total": 0
        },
        "queuedAt": "2026-11-24T09:00:00.000Z",
        "requestedBy": {
          "__typename": "Actor",
          "name": "Ada Admin",
          "role": "PARTNER_ADMIN"
        },
        "startedAt": null,
        "status": "QUEUED",
        "summary": {
          "__typename": "HaloSyncSummary",
          "created": 0,
          "failed": 0,
          "skipped": 0,
          "unchanged": 0,
          "updated": 0
        },
        "trigger": "ON_DEMAND"
      },
      "userErrors": []
    }
  } satisfies types.SyncNowMutation as types.SyncNowMutation,
  /** What the server answers to `SyncPreview`. */
  SyncPreview: {
    "haloSyncPreview": {
      "__typename": "HaloSyncPreview",
      "complete": true,
      "entries": [
        {
          "__typename": "HaloSyncPreviewEntry",
          "action": "SET_QUANTITY",
          "activeUserCount": 3,
          "association": {
            "__typename": "HaloClientAssociation",
            "id": "association_00000000000000000000000000000002"
          },
          "changedInHalo": true,
          "client": {
            "__typename": "Client",
            "id": "client_00000000000000000000000000000002",
            "name": "Alder"
          },
          "observedAt": null,
          "problem": {
            "__typename": "HaloProblem",
            "code": "QUANTITY_CHANGED_IN_HALO",
            "guideStep": "Subscription Management",
            "message": "The quantity was changed in Halo. INFIMA keeps it at the active user count.",
            "remedy": null,
            "since": "2026-11-24T09:00:00.000Z"
          },
          "quantityAfter": 3,
          "quantityInHalo": 30
        },
        {
          "__typename": "HaloSyncPreviewEntry",
          "action": "SET_QUANTITY",
          "activeUserCount": 8,
          "association": {
            "__typename": "HaloClientAssociation",
            "id": "association_00000000000000000000000000000001"
          },
          "changedInHalo": false,
          "client": {
            "__typename": "Client",
            "id": "client_00000000000000000000000000000001",
            "name": "Birch"
          },
          "observedAt": null,
          "problem": null,
          "quantityAfter": 8,
          "quantityInHalo": 5
        }
      ]
    }
  } satisfies types.SyncPreviewQuery as types.SyncPreviewQuery,
  /** What the server answers to `SyncSettings`. */
  SyncSettings: {
    "partner": {
      "__typename": "Partner",
      "haloConnection": {
        "__typename": "HaloConnection",
        "id": "connection_00000000000000000000000000000001",
        "nextNightlySyncAt": "2026-11-25T02:17:00.000Z"
      },
      "haloSyncSettings": {
        "__typename": "HaloSyncSettings",
        "nightEnd": "05:00",
        "nightStart": "01:00",
        "nightly": true,
        "timeZone": "Europe/Berlin"
      },
      "id": "partner_00000000000000000000000000000001"
    },
    "viewer": {
      "__typename": "Viewer",
      "id": "viewer_00000000000000000000000000000001",
      "may": [
        "VIEW_PARTNER",
        "VIEW_ACTIVITY",
        "SEARCH_CUSTOMERS",
        "PREVIEW",
        "SAVE_CONNECTION",
        "TEST_TYPED_CONNECTION",
        "RECHECK_CONNECTION",
        "CONFIRM_TENANT_CHANGE",
        "DISCONNECT",
        "ASSOCIATE",
        "REMOVE_ASSOCIATION",
        "RECREATE",
        "RESOLVE",
        "REQUEST_SYNC",
        "UPDATE_SETTINGS"
      ]
    }
  } satisfies types.SyncSettingsQuery as types.SyncSettingsQuery,
  /** What the server answers to `TestConnection`. */
  TestConnection: {
    "testHaloConnection": {
      "__typename": "TestHaloConnectionPayload",
      "haloConnection": null,
      "test": {
        "__typename": "HaloConnectionTest",
        "checks": [
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Save Halo PSA Connection Details",
            "message": "Halo PSA URL: a Halo answers there.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "ADDRESS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "Client ID and Client Secret: Halo accepts them.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "CREDENTIALS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Customers Access Level: Read Only: works. Halo shows the agent its customers.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "AGENT_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Users Access Level: Read Only: in the guide, not used by this integration, not checked.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "AGENT_USERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Software Licencing Access Level: Read And Modify: Halo shows its subscriptions. Whether INFIMA may change them will be known with the first subscription that it writes.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_SOFTWARE_LICENCING"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "read:customers: works. Halo answers the application's request for customers.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "READ_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "read:invoices: works. Halo grants it to the application.",
            "outcome": "GRANTED",
            "required": false,
            "subject": "READ_INVOICES"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "edit:softwarelicensing: Halo shows its subscriptions. Whether INFIMA may change them will be known with the first subscription that it writes.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "EDIT_SOFTWARE_LICENSING"
          }
        ],
        "problem": null,
        "works": true
      },
      "userErrors": []
    }
  } satisfies types.TestConnectionMutation as types.TestConnectionMutation,
  /** What the server answers to `UpdateSyncSettings`. */
  UpdateSyncSettings: {
    "updateHaloSyncSettings": {
      "__typename": "UpdateHaloSyncSettingsPayload",
      "partner": {
        "__typename": "Partner",
        "haloConnection": {
          "__typename": "HaloConnection",
          "id": "connection_00000000000000000000000000000001",
          "nextNightlySyncAt": "2026-11-25T02:17:00.000Z"
        },
        "haloSyncSettings": {
          "__typename": "HaloSyncSettings",
          "nightEnd": "05:00",
          "nightStart": "01:00",
          "nightly": true,
          "timeZone": "Europe/London"
        },
        "id": "partner_00000000000000000000000000000001"
      },
      "userErrors": []
    }
  } satisfies types.UpdateSyncSettingsMutation as types.UpdateSyncSettingsMutation,
};

/** Other answers to some of the operations, by what is special about them. */
export const scenarios = {
  ConnectionForm: {
    credentialsRejected: {
      "partner": {
        "__typename": "Partner",
        "haloConnection": {
          "__typename": "HaloConnection",
          "applicationClientId": "6b3f2a5e-0c1d-4f7a-9e42-5d8c7b6a1f00",
          "checks": [
            {
              "__typename": "HaloConnectionCheck",
              "guideStep": "Save Halo PSA Connection Details",
              "message": "Halo PSA URL: a Halo answers there.",
              "outcome": "GRANTED",
              "required": true,
              "subject": "ADDRESS"
            },
            {
              "__typename": "HaloConnectionCheck",
              "guideStep": "Creating an Application",
              "message": "Client ID and Client Secret: Halo accepts them.",
              "outcome": "GRANTED",
              "required": true,
              "subject": "CREDENTIALS"
            },
            {
              "__typename": "HaloConnectionCheck",
              "guideStep": "Creating an API Agent",
              "message": "Customers Access Level: Read Only: works. Halo shows the agent its customers.",
              "outcome": "GRANTED",
              "required": true,
              "subject": "AGENT_CUSTOMERS"
            },
            {
              "__typename": "HaloConnectionCheck",
              "guideStep": "Creating an API Agent",
              "message": "Users Access Level: Read Only: in the guide, not used by this integration, not checked.",
              "outcome": "UNKNOWN",
              "required": false,
              "subject": "AGENT_USERS"
            },
            {
              "__typename": "HaloConnectionCheck",
              "guideStep": "Creating an API Agent",
              "message": "Software Licencing Access Level: Read And Modify: works. Halo has accepted a subscription that INFIMA wrote.",
              "outcome": "GRANTED",
              "required": true,
              "subject": "AGENT_SOFTWARE_LICENCING"
            },
            {
              "__typename": "HaloConnectionCheck",
              "guideStep": "Creating an Application",
              "message": "read:customers: works. Halo answers the application's request for customers.",
              "outcome": "GRANTED",
              "required": true,
              "subject": "READ_CUSTOMERS"
            },
            {
              "__typename": "HaloConnectionCheck",
              "guideStep": "Creating an Application",
              "message": "read:invoices: works. Halo grants it to the application.",
              "outcome": "GRANTED",
              "required": false,
              "subject": "READ_INVOICES"
            },
            {
              "__typename": "HaloConnectionCheck",
              "guideStep": "Creating an Application",
              "message": "edit:softwarelicensing: works. Halo has accepted a subscription that INFIMA wrote.",
              "outcome": "GRANTED",
              "required": true,
              "subject": "EDIT_SOFTWARE_LICENSING"
            }
          ],
          "credentialsUpdatedAt": "2026-11-24T09:00:00.000Z",
          "id": "connection_00000000000000000000000000000001",
          "lastSyncedAt": "2026-11-24T09:00:00.000Z",
          "lastVerifiedAt": "2026-11-24T09:00:00.000Z",
          "nextNightlySyncAt": "2026-11-25T02:17:00.000Z",
          "problem": {
            "__typename": "HaloProblem",
            "code": "CREDENTIALS_REJECTED",
            "guideStep": "Creating an Application",
            "message": "Halo does not accept the Client ID and Client Secret. It last worked on 24 November 2026, 09:00 UTC. The application may be deleted or inactive, its secret renewed, or its agent removed.",
            "remedy": "In Halo, check that the application is active and its agent exists, then save its Client ID and a new Client Secret here.",
            "since": "2026-11-24T09:00:00.000Z"
          },
          "status": "NEEDS_ATTENTION",
          "tenantChange": null,
          "url": "https://northwind.halopsa.com"
        },
        "id": "partner_00000000000000000000000000000001"
      },
      "viewer": {
        "__typename": "Viewer",
        "id": "viewer_00000000000000000000000000000001",
        "may": [
          "VIEW_PARTNER",
          "VIEW_ACTIVITY",
          "SEARCH_CUSTOMERS",
          "PREVIEW",
          "SAVE_CONNECTION",
          "TEST_TYPED_CONNECTION",
          "RECHECK_CONNECTION",
          "CONFIRM_TENANT_CHANGE",
          "DISCONNECT",
          "ASSOCIATE",
          "REMOVE_ASSOCIATION",
          "RECREATE",
          "RESOLVE",
          "REQUEST_SYNC",
          "UPDATE_SETTINGS"
        ]
      }
    } satisfies types.ConnectionFormQuery as types.ConnectionFormQuery,
    tenantChanged: {
      "partner": {
        "__typename": "Partner",
        "haloConnection": {
          "__typename": "HaloConnection",
          "applicationClientId": "6b3f2a5e-0c1d-4f7a-9e42-5d8c7b6a1f00",
          "checks": [
            {
              "__typename": "HaloConnectionCheck",
              "guideStep": "Save Halo PSA Connection Details",
              "message": "Halo PSA URL: a Halo answers there.",
              "outcome": "GRANTED",
              "required": true,
              "subject": "ADDRESS"
            },
            {
              "__typename": "HaloConnectionCheck",
              "guideStep": "Creating an Application",
              "message": "Client ID and Client Secret: Halo accepts them.",
              "outcome": "GRANTED",
              "required": true,
              "subject": "CREDENTIALS"
            },
            {
              "__typename": "HaloConnectionCheck",
              "guideStep": "Creating an API Agent",
              "message": "Customers Access Level: Read Only: works. Halo shows the agent its customers.",
              "outcome": "GRANTED",
              "required": true,
              "subject": "AGENT_CUSTOMERS"
            },
            {
              "__typename": "HaloConnectionCheck",
              "guideStep": "Creating an API Agent",
              "message": "Users Access Level: Read Only: in the guide, not used by this integration, not checked.",
              "outcome": "UNKNOWN",
              "required": false,
              "subject": "AGENT_USERS"
            },
            {
              "__typename": "HaloConnectionCheck",
              "guideStep": "Creating an API Agent",
              "message": "Software Licencing Access Level: Read And Modify: works. Halo has accepted a subscription that INFIMA wrote.",
              "outcome": "GRANTED",
              "required": true,
              "subject": "AGENT_SOFTWARE_LICENCING"
            },
            {
              "__typename": "HaloConnectionCheck",
              "guideStep": "Creating an Application",
              "message": "read:customers: works. Halo answers the application's request for customers.",
              "outcome": "GRANTED",
              "required": true,
              "subject": "READ_CUSTOMERS"
            },
            {
              "__typename": "HaloConnectionCheck",
              "guideStep": "Creating an Application",
              "message": "read:invoices: works. Halo grants it to the application.",
              "outcome": "GRANTED",
              "required": false,
              "subject": "READ_INVOICES"
            },
            {
              "__typename": "HaloConnectionCheck",
              "guideStep": "Creating an Application",
              "message": "edit:softwarelicensing: works. Halo has accepted a subscription that INFIMA wrote.",
              "outcome": "GRANTED",
              "required": true,
              "subject": "EDIT_SOFTWARE_LICENSING"
            }
          ],
          "credentialsUpdatedAt": "2026-11-24T09:00:00.000Z",
          "id": "connection_00000000000000000000000000000001",
          "lastSyncedAt": "2026-11-24T09:00:00.000Z",
          "lastVerifiedAt": "2026-11-24T09:00:00.000Z",
          "nextNightlySyncAt": "2026-11-25T02:17:00.000Z",
          "problem": {
            "__typename": "HaloProblem",
            "code": "TENANT_CHANGED",
            "guideStep": "Save Halo PSA Connection Details",
            "message": "The Halo at this URL has another identity than the one your clients are mapped to, so INFIMA writes nothing. Of 1 subscriptions that INFIMA looked for, it shows 0.",
            "remedy": "If it is the same Halo under another name, confirm here that your associations are carried over. If it is another Halo, have them archived, or save the URL of the Halo that your clients are mapped to.",
            "since": "2026-11-24T09:00:00.000Z"
          },
          "status": "NEEDS_ATTENTION",
          "tenantChange": {
            "__typename": "HaloTenantChange",
            "found": 0,
            "total": 1
          },
          "url": "https://northwind.halopsa.com"
        },
        "id": "partner_00000000000000000000000000000001"
      },
      "viewer": {
        "__typename": "Viewer",
        "id": "viewer_00000000000000000000000000000001",
        "may": [
          "VIEW_PARTNER",
          "VIEW_ACTIVITY",
          "SEARCH_CUSTOMERS",
          "PREVIEW",
          "SAVE_CONNECTION",
          "TEST_TYPED_CONNECTION",
          "RECHECK_CONNECTION",
          "CONFIRM_TENANT_CHANGE",
          "DISCONNECT",
          "ASSOCIATE",
          "REMOVE_ASSOCIATION",
          "RECREATE",
          "RESOLVE",
          "REQUEST_SYNC",
          "UPDATE_SETTINGS"
        ]
      }
    } satisfies types.ConnectionFormQuery as types.ConnectionFormQuery,
  },
  IntegrationStatus: {
    credentialsRejected: {
      "viewer": {
        "__typename": "Viewer",
        "id": "viewer_00000000000000000000000000000001",
        "may": [
          "VIEW_PARTNER",
          "VIEW_ACTIVITY",
          "SEARCH_CUSTOMERS",
          "PREVIEW",
          "SAVE_CONNECTION",
          "TEST_TYPED_CONNECTION",
          "RECHECK_CONNECTION",
          "CONFIRM_TENANT_CHANGE",
          "DISCONNECT",
          "ASSOCIATE",
          "REMOVE_ASSOCIATION",
          "RECREATE",
          "RESOLVE",
          "REQUEST_SYNC",
          "UPDATE_SETTINGS"
        ],
        "name": "Ada Admin",
        "partner": {
          "__typename": "Partner",
          "clientCounts": {
            "__typename": "ClientCounts",
            "mapped": 1,
            "needingAttention": 0,
            "total": 2,
            "unmapped": 1
          },
          "haloConnection": {
            "__typename": "HaloConnection",
            "id": "connection_00000000000000000000000000000001",
            "lastSyncedAt": "2026-11-24T09:00:00.000Z",
            "nextNightlySyncAt": "2026-11-25T02:17:00.000Z",
            "problem": {
              "__typename": "HaloProblem",
              "code": "CREDENTIALS_REJECTED",
              "guideStep": "Creating an Application",
              "message": "Halo does not accept the Client ID and Client Secret. It last worked on 24 November 2026, 09:00 UTC. The application may be deleted or inactive, its secret renewed, or its agent removed.",
              "remedy": "In Halo, check that the application is active and its agent exists, then save its Client ID and a new Client Secret here.",
              "since": "2026-11-24T09:00:00.000Z"
            },
            "status": "NEEDS_ATTENTION",
            "url": "https://northwind.halopsa.com"
          },
          "haloSyncRuns": {
            "__typename": "HaloSyncRunConnection",
            "edges": [
              {
                "__typename": "HaloSyncRunEdge",
                "node": {
                  "__typename": "HaloSyncRun",
                  "finishedAt": "2026-11-24T09:00:05.000Z",
                  "id": "run_00000000000000000000000000000004",
                  "nextAttemptAt": null,
                  "pollAfterMs": null,
                  "problem": {
                    "__typename": "HaloProblem",
                    "code": "CREDENTIALS_REJECTED",
                    "guideStep": "Creating an Application",
                    "message": "Halo does not accept the Client ID and Client Secret. It last worked on 24 November 2026, 09:00 UTC. The application may be deleted or inactive, its secret renewed, or its agent removed.",
                    "remedy": "In Halo, check that the application is active and its agent exists, then save its Client ID and a new Client Secret here.",
                    "since": "2026-11-24T09:00:00.000Z"
                  },
                  "progress": {
                    "__typename": "HaloSyncProgress",
                    "done": 0,
                    "total": 2
                  },
                  "queuedAt": "2026-11-24T09:00:00.000Z",
                  "requestedBy": {
                    "__typename": "Actor",
                    "name": "Ada Admin",
                    "role": "PARTNER_ADMIN"
                  },
                  "startedAt": "2026-11-24T09:00:01.000Z",
                  "status": "FAILED",
                  "summary": {
                    "__typename": "HaloSyncSummary",
                    "created": 0,
                    "failed": 0,
                    "skipped": 0,
                    "unchanged": 0,
                    "updated": 0
                  },
                  "trigger": "SUBSCRIPTION_RECREATED"
                }
              }
            ]
          },
          "id": "partner_00000000000000000000000000000001",
          "name": "NORTHWIND"
        },
        "role": "PARTNER_ADMIN"
      }
    } satisfies types.IntegrationStatusQuery as types.IntegrationStatusQuery,
  },
  MappingTable: {
    needsAttention: {
      "partner": {
        "__typename": "Partner",
        "clientCounts": {
          "__typename": "ClientCounts",
          "mapped": 2,
          "needingAttention": 2,
          "total": 2,
          "unmapped": 0
        },
        "clients": {
          "__typename": "ClientConnection",
          "edges": [
            {
              "__typename": "ClientEdge",
              "cursor": "cursor-20",
              "node": {
                "__typename": "Client",
                "activeUserCount": 3,
                "archived": false,
                "externalId": "northwind/Alder",
                "haloAssociation": {
                  "__typename": "HaloClientAssociation",
                  "ending": null,
                  "haloCustomer": {
                    "__typename": "HaloCustomer",
                    "haloId": 41,
                    "name": "Alder",
                    "topLevelName": "Customers"
                  },
                  "id": "association_00000000000000000000000000000003",
                  "lastSyncedAt": "2026-11-24T09:00:00.000Z",
                  "lastSyncedQuantity": 3,
                  "problem": {
                    "__typename": "HaloProblem",
                    "code": "SUBSCRIPTION_DELETED",
                    "guideStep": "Subscription Management",
                    "haloSubscriptionIds": [],
                    "message": "The subscription was deleted in Halo.",
                    "remedy": "Have a new subscription created, or remove the association.",
                    "since": "2026-11-24T09:00:00.000Z"
                  },
                  "status": "NEEDS_ATTENTION",
                  "subscription": {
                    "__typename": "HaloSubscription",
                    "billing": "NOT_ON_RECURRING_INVOICE",
                    "haloId": 9002,
                    "name": "INFIMA Security Awareness Training",
                    "observedAt": "2026-11-24T09:00:00.000Z",
                    "quantity": 3,
                    "url": "https://northwind.halopsa.com/customer?clientid=41"
                  }
                },
                "id": "client_00000000000000000000000000000006",
                "name": "Alder"
              }
            },
            {
              "__typename": "ClientEdge",
              "cursor": "cursor-21",
              "node": {
                "__typename": "Client",
                "activeUserCount": 5,
                "archived": false,
                "externalId": "northwind/Birch",
                "haloAssociation": {
                  "__typename": "HaloClientAssociation",
                  "ending": null,
                  "haloCustomer": {
                    "__typename": "HaloCustomer",
                    "haloId": 44,
                    "name": "Elder",
                    "topLevelName": "Customers"
                  },
                  "id": "association_00000000000000000000000000000005",
                  "lastSyncedAt": null,
                  "lastSyncedQuantity": null,
                  "problem": {
                    "__typename": "HaloProblem",
                    "code": "SUBSCRIPTION_EXISTS",
                    "guideStep": "Map INFIMA Clients to Halo Clients",
                    "haloSubscriptionIds": [
                      9001
                    ],
                    "message": "The customer already has an INFIMA subscription (9001) that no client uses.",
                    "remedy": "Choose the subscription to use, or have a new one created.",
                    "since": "2026-11-24T09:00:00.000Z"
                  },
                  "status": "NEEDS_ATTENTION",
                  "subscription": null
                },
                "id": "client_00000000000000000000000000000007",
                "name": "Birch"
              }
            }
          ],
          "pageInfo": {
            "__typename": "PageInfo",
            "endCursor": "cursor-21",
            "hasNextPage": false
          },
          "totalCount": 2
        },
        "id": "partner_00000000000000000000000000000001"
      }
    } satisfies types.MappingTableQuery as types.MappingTableQuery,
  },
  RunChanges: {
    finished: {
      "haloSyncRun": {
        "__typename": "HaloSyncRun",
        "finishedAt": "2026-11-24T09:00:05.000Z",
        "id": "run_00000000000000000000000000000001",
        "nextAttemptAt": null,
        "pollAfterMs": null,
        "problem": null,
        "progress": {
          "__typename": "HaloSyncProgress",
          "done": 2,
          "total": 2
        },
        "queuedAt": "2026-11-24T09:00:00.000Z",
        "requestedBy": {
          "__typename": "Actor",
          "name": "Ada Admin",
          "role": "PARTNER_ADMIN"
        },
        "startedAt": "2026-11-24T09:00:01.000Z",
        "status": "SUCCEEDED",
        "summary": {
          "__typename": "HaloSyncSummary",
          "created": 0,
          "failed": 0,
          "skipped": 0,
          "unchanged": 0,
          "updated": 2
        },
        "trigger": "ON_DEMAND"
      }
    } satisfies types.RunChangesSubscription as types.RunChangesSubscription,
    queued: {
      "haloSyncRun": {
        "__typename": "HaloSyncRun",
        "finishedAt": null,
        "id": "run_00000000000000000000000000000001",
        "nextAttemptAt": "2026-11-24T09:00:00.000Z",
        "pollAfterMs": 2000,
        "problem": null,
        "progress": {
          "__typename": "HaloSyncProgress",
          "done": 0,
          "total": 0
        },
        "queuedAt": "2026-11-24T09:00:00.000Z",
        "requestedBy": {
          "__typename": "Actor",
          "name": "Ada Admin",
          "role": "PARTNER_ADMIN"
        },
        "startedAt": null,
        "status": "QUEUED",
        "summary": {
          "__typename": "HaloSyncSummary",
          "created": 0,
          "failed": 0,
          "skipped": 0,
          "unchanged": 0,
          "updated": 0
        },
        "trigger": "ON_DEMAND"
      }
    } satisfies types.RunChangesSubscription as types.RunChangesSubscription,
    running: {
      "haloSyncRun": {
        "__typename": "HaloSyncRun",
        "finishedAt": null,
        "id": "run_00000000000000000000000000000001",
        "nextAttemptAt": null,
        "pollAfterMs": 1000,
        "problem": null,
        "progress": {
          "__typename": "HaloSyncProgress",
          "done": 1,
          "total": 2
        },
        "queuedAt": "2026-11-24T09:00:00.000Z",
        "requestedBy": {
          "__typename": "Actor",
          "name": "Ada Admin",
          "role": "PARTNER_ADMIN"
        },
        "startedAt": "2026-11-24T09:00:01.000Z",
        "status": "RUNNING",
        "summary": {
          "__typename": "HaloSyncSummary",
          "created": 0,
          "failed": 0,
          "skipped": 0,
          "unchanged": 0,
          "updated": 1
        },
        "trigger": "ON_DEMAND"
      }
    } satisfies types.RunChangesSubscription as types.RunChangesSubscription,
  },
  RunProgress: {
    failed: {
      "haloSyncRun": {
        "__typename": "HaloSyncRun",
        "finishedAt": "2026-11-24T09:00:05.000Z",
        "id": "run_00000000000000000000000000000006",
        "nextAttemptAt": null,
        "pollAfterMs": null,
        "problem": null,
        "progress": {
          "__typename": "HaloSyncProgress",
          "done": 2,
          "total": 2
        },
        "queuedAt": "2026-11-24T09:00:00.000Z",
        "requestedBy": {
          "__typename": "Actor",
          "name": "Ada Admin",
          "role": "PARTNER_ADMIN"
        },
        "startedAt": "2026-11-24T09:00:01.000Z",
        "status": "FAILED",
        "summary": {
          "__typename": "HaloSyncSummary",
          "created": 0,
          "failed": 2,
          "skipped": 0,
          "unchanged": 0,
          "updated": 0
        },
        "trigger": "ASSOCIATION_SAVED"
      }
    } satisfies types.RunProgressQuery as types.RunProgressQuery,
    running: {
      "haloSyncRun": {
        "__typename": "HaloSyncRun",
        "finishedAt": null,
        "id": "run_00000000000000000000000000000001",
        "nextAttemptAt": null,
        "pollAfterMs": 1000,
        "problem": null,
        "progress": {
          "__typename": "HaloSyncProgress",
          "done": 1,
          "total": 2
        },
        "queuedAt": "2026-11-24T09:00:00.000Z",
        "requestedBy": {
          "__typename": "Actor",
          "name": "Ada Admin",
          "role": "PARTNER_ADMIN"
        },
        "startedAt": "2026-11-24T09:00:01.000Z",
        "status": "RUNNING",
        "summary": {
          "__typename": "HaloSyncSummary",
          "created": 0,
          "failed": 0,
          "skipped": 0,
          "unchanged": 0,
          "updated": 1
        },
        "trigger": "ON_DEMAND"
      }
    } satisfies types.RunProgressQuery as types.RunProgressQuery,
  },
  RunResults: {
    failed: {
      "haloSyncRun": {
        "__typename": "HaloSyncRun",
        "id": "run_00000000000000000000000000000006",
        "results": {
          "__typename": "HaloSyncResultConnection",
          "edges": [
            {
              "__typename": "HaloSyncResultEdge",
              "cursor": "cursor-22",
              "node": {
                "__typename": "HaloSyncResult",
                "at": "2026-11-24T09:00:00.000Z",
                "changedInHalo": false,
                "client": {
                  "__typename": "Client",
                  "id": "client_00000000000000000000000000000006",
                  "name": "Alder"
                },
                "outcome": "FAILED",
                "problem": {
                  "__typename": "HaloProblem",
                  "code": "SUBSCRIPTION_DELETED",
                  "guideStep": "Subscription Management",
                  "message": "The subscription was deleted in Halo.",
                  "remedy": "Have a new subscription created, or remove the association.",
                  "since": "2026-11-24T09:00:00.000Z"
                },
                "quantityAfter": null,
                "quantityBefore": null
              }
            },
            {
              "__typename": "HaloSyncResultEdge",
              "cursor": "cursor-23",
              "node": {
                "__typename": "HaloSyncResult",
                "at": "2026-11-24T09:00:00.000Z",
                "changedInHalo": false,
                "client": {
                  "__typename": "Client",
                  "id": "client_00000000000000000000000000000007",
                  "name": "Birch"
                },
                "outcome": "FAILED",
                "problem": {
                  "__typename": "HaloProblem",
                  "code": "SUBSCRIPTION_EXISTS",
                  "guideStep": "Map INFIMA Clients to Halo Clients",
                  "message": "The customer already has an INFIMA subscription (9001) that no client uses.",
                  "remedy": "Choose the subscription to use, or have a new one created.",
                  "since": "2026-11-24T09:00:00.000Z"
                },
                "quantityAfter": null,
                "quantityBefore": null
              }
            }
          ],
          "pageInfo": {
            "__typename": "PageInfo",
            "endCursor": "cursor-23",
            "hasNextPage": false
          },
          "totalCount": 2
        }
      }
    } satisfies types.RunResultsQuery as types.RunResultsQuery,
  },
  SyncPreview: {
    needsAttention: {
      "haloSyncPreview": {
        "__typename": "HaloSyncPreview",
        "complete": true,
        "entries": [
          {
            "__typename": "HaloSyncPreviewEntry",
            "action": "REPORT",
            "activeUserCount": 3,
            "association": {
              "__typename": "HaloClientAssociation",
              "id": "association_00000000000000000000000000000003"
            },
            "changedInHalo": false,
            "client": {
              "__typename": "Client",
              "id": "client_00000000000000000000000000000006",
              "name": "Alder"
            },
            "observedAt": null,
            "problem": {
              "__typename": "HaloProblem",
              "code": "SUBSCRIPTION_DELETED",
              "guideStep": "Subscription Management",
              "message": "The subscription was deleted in Halo.",
              "remedy": "Have a new subscription created, or remove the association.",
              "since": "2026-11-24T09:00:00.000Z"
            },
            "quantityAfter": null,
            "quantityInHalo": null
          },
          {
            "__typename": "HaloSyncPreviewEntry",
            "action": "REPORT",
            "activeUserCount": 5,
            "association": {
              "__typename": "HaloClientAssociation",
              "id": "association_00000000000000000000000000000005"
            },
            "changedInHalo": false,
            "client": {
              "__typename": "Client",
              "id": "client_00000000000000000000000000000007",
              "name": "Birch"
            },
            "observedAt": null,
            "problem": {
              "__typename": "HaloProblem",
              "code": "SUBSCRIPTION_EXISTS",
              "guideStep": "Map INFIMA Clients to Halo Clients",
              "message": "The customer already has an INFIMA subscription (9001) that no client uses.",
              "remedy": "Choose the subscription to use, or have a new one created.",
              "since": "2026-11-24T09:00:00.000Z"
            },
            "quantityAfter": null,
            "quantityInHalo": null
          }
        ]
      }
    } satisfies types.SyncPreviewQuery as types.SyncPreviewQuery,
  },
} as const;

/** The answer of a mutation that is refused with this code. */
export const refusals = {
  ADDRESS_BLOCKED: {
    operation: "SaveConnection",
    data: {
      "saveHaloConnection": {
        "__typename": "SaveHaloConnectionPayload",
        "checks": [
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Save Halo PSA Connection Details",
            "message": "Halo PSA URL: There is no Halo PSA at this address: what answers there is something else.",
            "outcome": "MISSING",
            "required": true,
            "subject": "ADDRESS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "Client ID and Client Secret: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "CREDENTIALS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Customers Access Level: Read Only: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Users Access Level: Read Only: in the guide, not used by this integration, not checked.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "AGENT_USERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Software Licencing Access Level: Read And Modify: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_SOFTWARE_LICENCING"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "read:customers: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "READ_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "read:invoices: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "READ_INVOICES"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "edit:softwarelicensing: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "EDIT_SOFTWARE_LICENSING"
          }
        ],
        "haloConnection": null,
        "run": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "ADDRESS_BLOCKED",
            "field": [
              "url"
            ],
            "message": "This address is not on the public internet, so INFIMA sends nothing to it. Copy the URL from Halo: Configuration > Integrations > HaloPSA API > API Details."
          }
        ]
      }
    } satisfies types.SaveConnectionMutation as types.SaveConnectionMutation,
  },
  ALREADY_ASSOCIATED: {
    operation: "SaveAssociations",
    data: {
      "saveHaloClientAssociations": {
        "__typename": "SaveHaloClientAssociationsPayload",
        "associations": [
          {
            "__typename": "HaloClientAssociation",
            "client": {
              "__typename": "Client",
              "haloAssociation": {
                "__typename": "HaloClientAssociation",
                "id": "association_00000000000000000000000000000004"
              },
              "id": "client_00000000000000000000000000000004"
            },
            "ending": null,
            "haloCustomer": {
              "__typename": "HaloCustomer",
              "haloId": 41,
              "name": "Alder",
              "topLevelName": "Customers"
            },
            "id": "association_00000000000000000000000000000004",
            "lastSyncedAt": "2026-11-24T09:00:00.000Z",
            "lastSyncedQuantity": 3,
            "problem": null,
            "status": "ACTIVE",
            "subscription": {
              "__typename": "HaloSubscription",
              "billing": "NOT_ON_RECURRING_INVOICE",
              "haloId": 9002,
              "name": "INFIMA Security Awareness Training",
              "observedAt": "2026-11-24T09:00:00.000Z",
              "quantity": 3,
              "url": "https://northwind.halopsa.com/customer?clientid=41"
            }
          }
        ],
        "run": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "ALREADY_ASSOCIATED",
            "field": [
              "associations",
              "0",
              "clientId"
            ],
            "message": "This client is mapped to another Halo customer. Decide in `replace` what happens to the quantity that is billed there."
          }
        ]
      }
    } satisfies types.SaveAssociationsMutation as types.SaveAssociationsMutation,
  },
  ASSOCIATION_ENDING: {
    operation: "ResolveSubscription",
    data: {
      "resolveHaloSubscription": {
        "__typename": "ResolveHaloSubscriptionPayload",
        "association": null,
        "run": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "ASSOCIATION_ENDING",
            "field": [
              "associationId"
            ],
            "message": "This association is ending. Map the client again to keep its subscription."
          }
        ]
      }
    } satisfies types.ResolveSubscriptionMutation as types.ResolveSubscriptionMutation,
  },
  ASSOCIATION_NOT_FOUND: {
    operation: "RemoveAssociation",
    data: {
      "removeHaloClientAssociation": {
        "__typename": "RemoveHaloClientAssociationPayload",
        "association": null,
        "run": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "ASSOCIATION_NOT_FOUND",
            "field": [
              "associationId"
            ],
            "message": "There is no such association."
          }
        ]
      }
    } satisfies types.RemoveAssociationMutation as types.RemoveAssociationMutation,
  },
  CLIENT_ARCHIVED: {
    operation: "SaveAssociations",
    data: {
      "saveHaloClientAssociations": {
        "__typename": "SaveHaloClientAssociationsPayload",
        "associations": [],
        "run": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "CLIENT_ARCHIVED",
            "field": [
              "associations",
              "0",
              "clientId"
            ],
            "message": "This client is archived at INFIMA, so it cannot be mapped. Choose another client."
          }
        ]
      }
    } satisfies types.SaveAssociationsMutation as types.SaveAssociationsMutation,
  },
  CLIENT_NOT_ASSOCIATED: {
    operation: "SyncNow",
    data: {
      "requestHaloSync": {
        "__typename": "RequestHaloSyncPayload",
        "run": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "CLIENT_NOT_ASSOCIATED",
            "field": [
              "clientIds",
              "0"
            ],
            "message": "This client is not mapped to a Halo customer. Map it first."
          }
        ]
      }
    } satisfies types.SyncNowMutation as types.SyncNowMutation,
  },
  CLIENT_NOT_FOUND: {
    operation: "SaveAssociations",
    data: {
      "saveHaloClientAssociations": {
        "__typename": "SaveHaloClientAssociationsPayload",
        "associations": [],
        "run": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "CLIENT_NOT_FOUND",
            "field": [
              "associations",
              "0",
              "clientId"
            ],
            "message": "There is no such client."
          }
        ]
      }
    } satisfies types.SaveAssociationsMutation as types.SaveAssociationsMutation,
  },
  CLIENT_SECRET_REQUIRED: {
    operation: "SaveConnection",
    data: {
      "saveHaloConnection": {
        "__typename": "SaveHaloConnectionPayload",
        "checks": null,
        "haloConnection": null,
        "run": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "CLIENT_SECRET_REQUIRED",
            "field": [
              "clientSecret"
            ],
            "message": "Enter the Client Secret of the application that you created in Halo."
          }
        ]
      }
    } satisfies types.SaveConnectionMutation as types.SaveConnectionMutation,
  },
  CONNECTION_CHANGED: {
    operation: "SaveConnection",
    data: {
      "saveHaloConnection": {
        "__typename": "SaveHaloConnectionPayload",
        "checks": null,
        "haloConnection": null,
        "run": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "CONNECTION_CHANGED",
            "field": null,
            "message": "Another user changed the connection meanwhile, so nothing was stored. Load it and try again."
          }
        ]
      }
    } satisfies types.SaveConnectionMutation as types.SaveConnectionMutation,
  },
  CREDENTIALS_REJECTED: {
    operation: "SaveConnection",
    data: {
      "saveHaloConnection": {
        "__typename": "SaveHaloConnectionPayload",
        "checks": [
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Save Halo PSA Connection Details",
            "message": "Halo PSA URL: a Halo answers there.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "ADDRESS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "Client ID and Client Secret: Halo does not accept the Client ID and Client Secret. The application may be deleted or inactive, its secret renewed, or its agent removed.",
            "outcome": "MISSING",
            "required": true,
            "subject": "CREDENTIALS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Customers Access Level: Read Only: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Users Access Level: Read Only: in the guide, not used by this integration, not checked.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "AGENT_USERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Software Licencing Access Level: Read And Modify: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_SOFTWARE_LICENCING"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "read:customers: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "READ_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "read:invoices: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "READ_INVOICES"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "edit:softwarelicensing: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "EDIT_SOFTWARE_LICENSING"
          }
        ],
        "haloConnection": null,
        "run": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "CREDENTIALS_REJECTED",
            "field": [
              "clientSecret"
            ],
            "message": "Halo does not accept the Client ID and Client Secret. The application may be deleted or inactive, its secret renewed, or its agent removed. In Halo, check that the application is active and its agent exists, then save its Client ID and a new Client Secret here."
          }
        ]
      }
    } satisfies types.SaveConnectionMutation as types.SaveConnectionMutation,
  },
  CUSTOMER_ALREADY_ASSOCIATED: {
    operation: "SaveAssociations",
    data: {
      "saveHaloClientAssociations": {
        "__typename": "SaveHaloClientAssociationsPayload",
        "associations": [],
        "run": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "CUSTOMER_ALREADY_ASSOCIATED",
            "field": [
              "associations",
              "0",
              "haloCustomerId"
            ],
            "message": "Another client is mapped to this customer. Choose another customer, or set `allowSharedCustomer` to give this client a subscription of its own there."
          }
        ]
      }
    } satisfies types.SaveAssociationsMutation as types.SaveAssociationsMutation,
  },
  DUPLICATE: {
    operation: "SaveAssociations",
    data: {
      "saveHaloClientAssociations": {
        "__typename": "SaveHaloClientAssociationsPayload",
        "associations": [
          {
            "__typename": "HaloClientAssociation",
            "client": {
              "__typename": "Client",
              "haloAssociation": {
                "__typename": "HaloClientAssociation",
                "id": "association_00000000000000000000000000000006"
              },
              "id": "client_00000000000000000000000000000005"
            },
            "ending": null,
            "haloCustomer": {
              "__typename": "HaloCustomer",
              "haloId": 42,
              "name": "Birch",
              "topLevelName": "Customers"
            },
            "id": "association_00000000000000000000000000000006",
            "lastSyncedAt": null,
            "lastSyncedQuantity": null,
            "problem": null,
            "status": "PENDING",
            "subscription": null
          }
        ],
        "run": {
          "__typename": "HaloSyncRun",
          "finishedAt": null,
          "id": "run_00000000000000000000000000000005",
          "nextAttemptAt": "2026-11-24T09:00:00.000Z",
          "pollAfterMs": 2000,
          "problem": null,
          "progress": {
            "__typename": "HaloSyncProgress",
            "done": 0,
            "total": 0
          },
          "queuedAt": "2026-11-24T09:00:00.000Z",
          "requestedBy": {
            "__typename": "Actor",
            "name": "Ada Admin",
            "role": "PARTNER_ADMIN"
          },
          "startedAt": null,
          "status": "QUEUED",
          "summary": {
            "__typename": "HaloSyncSummary",
            "created": 0,
            "failed": 0,
            "skipped": 0,
            "unchanged": 0,
            "updated": 0
          },
          "trigger": "ASSOCIATION_SAVED"
        },
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "DUPLICATE",
            "field": [
              "associations",
              "1",
              "clientId"
            ],
            "message": "This client is in the request twice. Send it once."
          }
        ]
      }
    } satisfies types.SaveAssociationsMutation as types.SaveAssociationsMutation,
  },
  HALO_ANSWER_NOT_UNDERSTOOD: {
    operation: "SaveConnection",
    data: {
      "saveHaloConnection": {
        "__typename": "SaveHaloConnectionPayload",
        "checks": [
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Save Halo PSA Connection Details",
            "message": "Halo PSA URL: a Halo answers there.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "ADDRESS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "Client ID and Client Secret: Halo accepts them.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "CREDENTIALS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Customers Access Level: Read Only: Halo gave an answer that INFIMA does not understand.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Users Access Level: Read Only: in the guide, not used by this integration, not checked.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "AGENT_USERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Software Licencing Access Level: Read And Modify: Halo shows its subscriptions. Whether INFIMA may change them will be known with the first subscription that it writes.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_SOFTWARE_LICENCING"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "read:customers: Halo gave an answer that INFIMA does not understand.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "READ_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "read:invoices: works. Halo grants it to the application.",
            "outcome": "GRANTED",
            "required": false,
            "subject": "READ_INVOICES"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "edit:softwarelicensing: Halo shows its subscriptions. Whether INFIMA may change them will be known with the first subscription that it writes.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "EDIT_SOFTWARE_LICENSING"
          }
        ],
        "haloConnection": null,
        "run": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "HALO_ANSWER_NOT_UNDERSTOOD",
            "field": [
              "clientSecret"
            ],
            "message": "Halo gave an answer that INFIMA does not understand. Contact INFIMA's support, who can see Halo's answer."
          }
        ]
      }
    } satisfies types.SaveConnectionMutation as types.SaveConnectionMutation,
  },
  HALO_ANSWER_TOO_LARGE: {
    operation: "SaveConnection",
    data: {
      "saveHaloConnection": {
        "__typename": "SaveHaloConnectionPayload",
        "checks": [
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Save Halo PSA Connection Details",
            "message": "Halo PSA URL: There is no Halo PSA at this address: what answers there is something else.",
            "outcome": "MISSING",
            "required": true,
            "subject": "ADDRESS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "Client ID and Client Secret: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "CREDENTIALS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Customers Access Level: Read Only: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Users Access Level: Read Only: in the guide, not used by this integration, not checked.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "AGENT_USERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Software Licencing Access Level: Read And Modify: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_SOFTWARE_LICENCING"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "read:customers: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "READ_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "read:invoices: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "READ_INVOICES"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "edit:softwarelicensing: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "EDIT_SOFTWARE_LICENSING"
          }
        ],
        "haloConnection": null,
        "run": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "HALO_ANSWER_TOO_LARGE",
            "field": [
              "url"
            ],
            "message": "Halo's answer is larger than INFIMA reads, even for a single record. Look in Halo for records with very large pictures or texts and shorten them, or contact INFIMA's support."
          }
        ]
      }
    } satisfies types.SaveConnectionMutation as types.SaveConnectionMutation,
  },
  HALO_BUDGET_EXHAUSTED: {
    operation: "SaveConnection",
    data: {
      "saveHaloConnection": {
        "__typename": "SaveHaloConnectionPayload",
        "checks": [
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Save Halo PSA Connection Details",
            "message": "Halo PSA URL: There is no Halo PSA at this address: what answers there is something else.",
            "outcome": "MISSING",
            "required": true,
            "subject": "ADDRESS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "Client ID and Client Secret: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "CREDENTIALS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Customers Access Level: Read Only: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Users Access Level: Read Only: in the guide, not used by this integration, not checked.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "AGENT_USERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Software Licencing Access Level: Read And Modify: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_SOFTWARE_LICENCING"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "read:customers: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "READ_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "read:invoices: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "READ_INVOICES"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "edit:softwarelicensing: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "EDIT_SOFTWARE_LICENSING"
          }
        ],
        "haloConnection": null,
        "run": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "HALO_BUDGET_EXHAUSTED",
            "field": [
              "url"
            ],
            "message": "INFIMA limits its own requests to your Halo, and that limit is reached for now. Try again in a few minutes."
          }
        ]
      }
    } satisfies types.SaveConnectionMutation as types.SaveConnectionMutation,
  },
  HALO_CUSTOMER_INACTIVE: {
    operation: "SaveAssociations",
    data: {
      "saveHaloClientAssociations": {
        "__typename": "SaveHaloClientAssociationsPayload",
        "associations": [],
        "run": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "HALO_CUSTOMER_INACTIVE",
            "field": [
              "associations",
              "0",
              "haloCustomerId"
            ],
            "message": "This customer is inactive in Halo. Activate it there, or choose another."
          }
        ]
      }
    } satisfies types.SaveAssociationsMutation as types.SaveAssociationsMutation,
  },
  HALO_CUSTOMER_NOT_FOUND: {
    operation: "SaveAssociations",
    data: {
      "saveHaloClientAssociations": {
        "__typename": "SaveHaloClientAssociationsPayload",
        "associations": [],
        "run": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "HALO_CUSTOMER_NOT_FOUND",
            "field": [
              "associations",
              "0",
              "haloCustomerId"
            ],
            "message": "Halo has no customer with this id, or does not show it to the agent. Search again."
          }
        ]
      }
    } satisfies types.SaveAssociationsMutation as types.SaveAssociationsMutation,
  },
  HALO_RATE_LIMITED: {
    operation: "SaveConnection",
    data: {
      "saveHaloConnection": {
        "__typename": "SaveHaloConnectionPayload",
        "checks": [
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Save Halo PSA Connection Details",
            "message": "Halo PSA URL: Halo has had too many requests and asked for a pause.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "ADDRESS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "Client ID and Client Secret: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "CREDENTIALS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Customers Access Level: Read Only: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Users Access Level: Read Only: in the guide, not used by this integration, not checked.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "AGENT_USERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Software Licencing Access Level: Read And Modify: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_SOFTWARE_LICENCING"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "read:customers: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "READ_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "read:invoices: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "READ_INVOICES"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "edit:softwarelicensing: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "EDIT_SOFTWARE_LICENSING"
          }
        ],
        "haloConnection": null,
        "run": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "HALO_RATE_LIMITED",
            "field": [
              "url"
            ],
            "message": "Halo has had too many requests and asked for a pause. Try again in 30 seconds."
          }
        ]
      }
    } satisfies types.SaveConnectionMutation as types.SaveConnectionMutation,
  },
  HALO_REQUEST_REFUSED: {
    operation: "SaveConnection",
    data: {
      "saveHaloConnection": {
        "__typename": "SaveHaloConnectionPayload",
        "checks": [
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Save Halo PSA Connection Details",
            "message": "Halo PSA URL: There is no Halo PSA at this address: what answers there is something else.",
            "outcome": "MISSING",
            "required": true,
            "subject": "ADDRESS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "Client ID and Client Secret: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "CREDENTIALS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Customers Access Level: Read Only: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Users Access Level: Read Only: in the guide, not used by this integration, not checked.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "AGENT_USERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Software Licencing Access Level: Read And Modify: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_SOFTWARE_LICENCING"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "read:customers: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "READ_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "read:invoices: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "READ_INVOICES"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "edit:softwarelicensing: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "EDIT_SOFTWARE_LICENSING"
          }
        ],
        "haloConnection": null,
        "run": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "HALO_REQUEST_REFUSED",
            "field": [
              "url"
            ],
            "message": "Halo refused INFIMA's request: The search is too long. Fix in Halo what it names. If nothing is wrong there, contact INFIMA's support."
          }
        ]
      }
    } satisfies types.SaveConnectionMutation as types.SaveConnectionMutation,
  },
  HALO_UNAVAILABLE: {
    operation: "SaveConnection",
    data: {
      "saveHaloConnection": {
        "__typename": "SaveHaloConnectionPayload",
        "checks": [
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Save Halo PSA Connection Details",
            "message": "Halo PSA URL: Halo, or a gateway before it, answered with an error of its own (status 502).",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "ADDRESS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "Client ID and Client Secret: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "CREDENTIALS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Customers Access Level: Read Only: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Users Access Level: Read Only: in the guide, not used by this integration, not checked.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "AGENT_USERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Software Licencing Access Level: Read And Modify: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_SOFTWARE_LICENCING"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "read:customers: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "READ_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "read:invoices: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "READ_INVOICES"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "edit:softwarelicensing: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "EDIT_SOFTWARE_LICENSING"
          }
        ],
        "haloConnection": null,
        "run": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "HALO_UNAVAILABLE",
            "field": [
              "url"
            ],
            "message": "Halo, or a gateway before it, answered with an error of its own (status 502). Open your Halo in a browser: if it does not work there either, wait until it does; if it does, check the address. Then try again."
          }
        ]
      }
    } satisfies types.SaveConnectionMutation as types.SaveConnectionMutation,
  },
  HALO_UNREACHABLE: {
    operation: "SaveConnection",
    data: {
      "saveHaloConnection": {
        "__typename": "SaveHaloConnectionPayload",
        "checks": [
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Save Halo PSA Connection Details",
            "message": "Halo PSA URL: Halo did not answer.",
            "outcome": "MISSING",
            "required": true,
            "subject": "ADDRESS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "Client ID and Client Secret: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "CREDENTIALS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Customers Access Level: Read Only: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Users Access Level: Read Only: in the guide, not used by this integration, not checked.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "AGENT_USERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Software Licencing Access Level: Read And Modify: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_SOFTWARE_LICENCING"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "read:customers: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "READ_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "read:invoices: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "READ_INVOICES"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "edit:softwarelicensing: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "EDIT_SOFTWARE_LICENSING"
          }
        ],
        "haloConnection": null,
        "run": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "HALO_UNREACHABLE",
            "field": [
              "url"
            ],
            "message": "Halo did not answer. Check the address, or try again in a few minutes."
          }
        ]
      }
    } satisfies types.SaveConnectionMutation as types.SaveConnectionMutation,
  },
  HALO_URL_INVALID: {
    operation: "SaveConnection",
    data: {
      "saveHaloConnection": {
        "__typename": "SaveHaloConnectionPayload",
        "checks": null,
        "haloConnection": null,
        "run": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "HALO_URL_INVALID",
            "field": [
              "url"
            ],
            "message": "This is not a web address. Copy it from Halo: Configuration, Integrations, HaloPSA API, API Details."
          }
        ]
      }
    } satisfies types.SaveConnectionMutation as types.SaveConnectionMutation,
  },
  INVALID: {
    operation: "UpdateSyncSettings",
    data: {
      "updateHaloSyncSettings": {
        "__typename": "UpdateHaloSyncSettingsPayload",
        "partner": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "INVALID",
            "field": [
              "nightEnd"
            ],
            "message": "The nightly sync has no time to start in. Choose an end that differs from the start."
          }
        ]
      }
    } satisfies types.UpdateSyncSettingsMutation as types.UpdateSyncSettingsMutation,
  },
  LICENSING_OFF: {
    operation: "SaveConnection",
    data: {
      "saveHaloConnection": {
        "__typename": "SaveHaloConnectionPayload",
        "checks": [
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Save Halo PSA Connection Details",
            "message": "Halo PSA URL: There is no Halo PSA at this address: what answers there is something else.",
            "outcome": "MISSING",
            "required": true,
            "subject": "ADDRESS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "Client ID and Client Secret: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "CREDENTIALS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Customers Access Level: Read Only: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Users Access Level: Read Only: in the guide, not used by this integration, not checked.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "AGENT_USERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Software Licencing Access Level: Read And Modify: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_SOFTWARE_LICENCING"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "read:customers: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "READ_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "read:invoices: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "READ_INVOICES"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "edit:softwarelicensing: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "EDIT_SOFTWARE_LICENSING"
          }
        ],
        "haloConnection": null,
        "run": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "LICENSING_OFF",
            "field": [
              "url"
            ],
            "message": "Software Licencing is switched off in Halo. Switch on Software Licencing in Halo (Configuration > Asset Management), then recheck the connection."
          }
        ]
      }
    } satisfies types.SaveConnectionMutation as types.SaveConnectionMutation,
  },
  NOTHING_TO_RESOLVE: {
    operation: "ResolveSubscription",
    data: {
      "resolveHaloSubscription": {
        "__typename": "ResolveHaloSubscriptionPayload",
        "association": null,
        "run": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "NOTHING_TO_RESOLVE",
            "field": [
              "associationId"
            ],
            "message": "The association has no problem that this answer resolves. Load it again."
          }
        ]
      }
    } satisfies types.ResolveSubscriptionMutation as types.ResolveSubscriptionMutation,
  },
  NOT_A_HALO_ADDRESS: {
    operation: "SaveConnection",
    data: {
      "saveHaloConnection": {
        "__typename": "SaveHaloConnectionPayload",
        "checks": [
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Save Halo PSA Connection Details",
            "message": "Halo PSA URL: There is no Halo PSA at this address: what answers there is something else.",
            "outcome": "MISSING",
            "required": true,
            "subject": "ADDRESS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "Client ID and Client Secret: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "CREDENTIALS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Customers Access Level: Read Only: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Users Access Level: Read Only: in the guide, not used by this integration, not checked.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "AGENT_USERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Software Licencing Access Level: Read And Modify: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_SOFTWARE_LICENCING"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "read:customers: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "READ_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "read:invoices: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "READ_INVOICES"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "edit:softwarelicensing: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "EDIT_SOFTWARE_LICENSING"
          }
        ],
        "haloConnection": null,
        "run": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "NOT_A_HALO_ADDRESS",
            "field": [
              "url"
            ],
            "message": "There is no Halo PSA at this address: what answers there is something else. Copy the URL from Halo: Configuration > Integrations > HaloPSA API > API Details."
          }
        ]
      }
    } satisfies types.SaveConnectionMutation as types.SaveConnectionMutation,
  },
  NOT_CONNECTED: {
    operation: "TestConnection",
    data: {
      "testHaloConnection": {
        "__typename": "TestHaloConnectionPayload",
        "haloConnection": null,
        "test": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "NOT_CONNECTED",
            "field": null,
            "message": "Halo PSA is not connected. Save the connection details first: Settings > Integrations > Halo PSA."
          }
        ]
      }
    } satisfies types.TestConnectionMutation as types.TestConnectionMutation,
  },
  NO_ASSOCIATIONS: {
    operation: "SyncNow",
    data: {
      "requestHaloSync": {
        "__typename": "RequestHaloSyncPayload",
        "run": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "NO_ASSOCIATIONS",
            "field": null,
            "message": "No client is mapped to a Halo customer yet, so there is nothing to sync. Map a client first."
          }
        ]
      }
    } satisfies types.SyncNowMutation as types.SyncNowMutation,
  },
  PERMISSION_MISSING: {
    operation: "SaveConnection",
    data: {
      "saveHaloConnection": {
        "__typename": "SaveHaloConnectionPayload",
        "checks": [
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Save Halo PSA Connection Details",
            "message": "Halo PSA URL: a Halo answers there.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "ADDRESS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "Client ID and Client Secret: Halo accepts them.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "CREDENTIALS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Customers Access Level: Read Only: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Users Access Level: Read Only: in the guide, not used by this integration, not checked.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "AGENT_USERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Software Licencing Access Level: Read And Modify: Halo shows its subscriptions. Whether INFIMA may change them will be known with the first subscription that it writes.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_SOFTWARE_LICENCING"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "read:customers: Halo refuses access: the application lacks read:customers.",
            "outcome": "MISSING",
            "required": true,
            "subject": "READ_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "read:invoices: works. Halo grants it to the application.",
            "outcome": "GRANTED",
            "required": false,
            "subject": "READ_INVOICES"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "edit:softwarelicensing: Halo shows its subscriptions. Whether INFIMA may change them will be known with the first subscription that it writes.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "EDIT_SOFTWARE_LICENSING"
          }
        ],
        "haloConnection": null,
        "run": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "PERMISSION_MISSING",
            "field": [
              "clientSecret"
            ],
            "message": "Halo refuses access: the application lacks read:customers. In Halo, grant it to the application, then recheck the connection."
          }
        ]
      }
    } satisfies types.SaveConnectionMutation as types.SaveConnectionMutation,
  },
  REASON_REQUIRED: {
    operation: "SyncNow",
    data: {
      "requestHaloSync": {
        "__typename": "RequestHaloSyncPayload",
        "run": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "REASON_REQUIRED",
            "field": [
              "reason"
            ],
            "message": "Give a reason in a few words. The partner can read it in its activity."
          }
        ]
      }
    } satisfies types.SyncNowMutation as types.SyncNowMutation,
  },
  REQUEST_NOT_SENT: {
    operation: "SaveConnection",
    data: {
      "saveHaloConnection": {
        "__typename": "SaveHaloConnectionPayload",
        "checks": [
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Save Halo PSA Connection Details",
            "message": "Halo PSA URL: There is no Halo PSA at this address: what answers there is something else.",
            "outcome": "MISSING",
            "required": true,
            "subject": "ADDRESS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "Client ID and Client Secret: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "CREDENTIALS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Customers Access Level: Read Only: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Users Access Level: Read Only: in the guide, not used by this integration, not checked.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "AGENT_USERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "message": "Software Licencing Access Level: Read And Modify: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_SOFTWARE_LICENCING"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "read:customers: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "READ_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "read:invoices: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "READ_INVOICES"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "message": "edit:softwarelicensing: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "EDIT_SOFTWARE_LICENSING"
          }
        ],
        "haloConnection": null,
        "run": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "REQUEST_NOT_SENT",
            "field": [
              "url"
            ],
            "message": "INFIMA could not send a request to Halo in time. Nothing was sent. Try again in a few minutes."
          }
        ]
      }
    } satisfies types.SaveConnectionMutation as types.SaveConnectionMutation,
  },
  REQUIRED: {
    operation: "SaveConnection",
    data: {
      "saveHaloConnection": {
        "__typename": "SaveHaloConnectionPayload",
        "checks": null,
        "haloConnection": null,
        "run": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "REQUIRED",
            "field": [
              "applicationClientId"
            ],
            "message": "Enter the Client ID of the application that you created in Halo."
          }
        ]
      }
    } satisfies types.SaveConnectionMutation as types.SaveConnectionMutation,
  },
  SUBSCRIPTION_NOT_A_CANDIDATE: {
    operation: "ResolveSubscription",
    data: {
      "resolveHaloSubscription": {
        "__typename": "ResolveHaloSubscriptionPayload",
        "association": null,
        "run": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "SUBSCRIPTION_NOT_A_CANDIDATE",
            "field": [
              "adoptSubscriptionId"
            ],
            "message": "The customer has no such subscription in Halo. Check the id and the customer, then try again."
          }
        ]
      }
    } satisfies types.ResolveSubscriptionMutation as types.ResolveSubscriptionMutation,
  },
  SUBSCRIPTION_NOT_DELETED: {
    operation: "RecreateSubscription",
    data: {
      "recreateHaloSubscription": {
        "__typename": "RecreateHaloSubscriptionPayload",
        "association": null,
        "run": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "SUBSCRIPTION_NOT_DELETED",
            "field": [
              "associationId"
            ],
            "message": "This client's subscription was not deleted in Halo, so no other one is created."
          }
        ]
      }
    } satisfies types.RecreateSubscriptionMutation as types.RecreateSubscriptionMutation,
  },
  TENANT_CHANGED: {
    operation: "SaveConnection",
    data: {
      "saveHaloConnection": {
        "__typename": "SaveHaloConnectionPayload",
        "checks": null,
        "haloConnection": null,
        "run": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "TENANT_CHANGED",
            "field": [
              "url"
            ],
            "message": "Your clients are mapped to customers of a Halo with another identity. Of 1 of your subscriptions that INFIMA looked for, it shows 0. Say in `tenantChange` whether it is the same Halo, whose associations are carried over, or another one, for which they are archived. Or save the URL of the Halo that your clients are mapped to."
          }
        ]
      }
    } satisfies types.SaveConnectionMutation as types.SaveConnectionMutation,
  },
  TOO_LONG: {
    operation: "SaveConnection",
    data: {
      "saveHaloConnection": {
        "__typename": "SaveHaloConnectionPayload",
        "checks": null,
        "haloConnection": null,
        "run": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "TOO_LONG",
            "field": [
              "applicationClientId"
            ],
            "message": "This is too long for a Client ID. Copy it from the application in Halo."
          }
        ]
      }
    } satisfies types.SaveConnectionMutation as types.SaveConnectionMutation,
  },
  TOO_MANY: {
    operation: "SaveAssociations",
    data: {
      "saveHaloClientAssociations": {
        "__typename": "SaveHaloClientAssociationsPayload",
        "associations": null,
        "run": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "TOO_MANY",
            "field": [
              "associations"
            ],
            "message": "There are too many associations. Save at most 200 at once."
          }
        ]
      }
    } satisfies types.SaveAssociationsMutation as types.SaveAssociationsMutation,
  },
  TOO_MANY_ATTEMPTS: {
    operation: "TestConnection",
    data: {
      "testHaloConnection": {
        "__typename": "TestHaloConnectionPayload",
        "haloConnection": null,
        "test": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "TOO_MANY_ATTEMPTS",
            "field": null,
            "message": "The connection was checked too often. Wait a minute, then try again."
          }
        ]
      }
    } satisfies types.TestConnectionMutation as types.TestConnectionMutation,
  },
} as const;
