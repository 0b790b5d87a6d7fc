import type * as types from "./graphql.js";

/** The id of each operation's document, as the server trusts it. */
export const documentIds = {
  "AcceptMappingSuggestions": "sha256:6122e806aeaed34b9aa5fb49a362c50d4a5347d18a32f43f3db5c287a722b0f3",
  "AcknowledgeProblem": "sha256:0ae3713f21adc65a6d534dd029cdf0f5c4d0caa3444b054c1611292c8d403a21",
  "ActivityLog": "sha256:94fab7c43b98035428554f94888ad294191853042fc3a354aba804c777f4b15e",
  "AssociationHistory": "sha256:4164d29f9c12453ee85b9673ea788670c2788f849a29b037afebb39de46ae0bb",
  "BillingDay": "sha256:357b06980b2a78b01ad86b6f95ad2cda91aa15a625e227ad850b645706f3b185",
  "BillingDays": "sha256:1a0ace1539a29dafd6eebf30df1eea0ac933593f3266e358d2921315bfbb779e",
  "BillingMonth": "sha256:ca821726df2017fba8cb8dcd11f97e6ecdbdffefe841513cd9a9654a864c6d70",
  "ClientRow": "sha256:caa22baed74cae5332bb0442618b27aeabc0e9f81ac5983879bec1f7bcc649ab",
  "ClientRows": "sha256:8b7a1e08331de5ed78d0dc85c2739701bca6e6e048a6411d1cb5bf6304cd73ab",
  "ConfirmTenantChange": "sha256:fb0ae25f010217a2a64583b054856e29368b897818ab8a82fa1aa7ff587a9da3",
  "ConnectionForm": "sha256:b971cb45b72a52406c2ae3bfe77cc03f66ca482d508bd056640581084ab41348",
  "CountedUsers": "sha256:9c9565c717a37817b8585e6494169f3107d23e8985debe01c188a7614c5920ec",
  "CustomerSearch": "sha256:4a6ae60f8eca6144ef8e9b7021a90973c8df51e2946991d55b9fbb393d2b7e2d",
  "CustomerSuggestions": "sha256:968874ff127c43991e218cba0ccb365d13b5560e09f4fb4e6139981e19e6758e",
  "Disconnect": "sha256:a3f48542ba3a738b6be2a4c1e8a5bee81de32c3b5b28f2c45e96ef9b8455d55f",
  "ExcludeClients": "sha256:80a2619c84b32941a21e478d30f9ea01f78f2d9c3b227b61de37b6eb08b7ffde",
  "ImportMappings": "sha256:0be873c10eab7f964082cc60d09f942f5368fb3ba5fd6ff9feef85405480e6cd",
  "IncludeClients": "sha256:f2271b6439c88e03a45b26621494d7781a318fdce12e890240abf3951778c044",
  "IntegrationStatus": "sha256:8253bfaf210c6ceab160722bb9830ad2f8f8b34af87c4b735192f064fa990cff",
  "LatestReconciliation": "sha256:954e9003bf418ec8a2ce49d754c5b0f9e99aa5f57d70ce6d5893fa33ebee721b",
  "MappingSuggestions": "sha256:0fc676f64e943789a65bcd0b8346938d83caf937ac4d1dfa3b6c47604cc04b8f",
  "MappingTable": "sha256:f38e54c4a883843d23d05433e9ec8c4519e4b61f9c7d082ac8c5eca827d7a370",
  "PauseSyncs": "sha256:60bfa05f82c86eab89385bf29a744d80282a1b0581df17251a9b67655740435c",
  "ProblemInbox": "sha256:df9d45d118c747d5d696fab392da3d450b96f26000d4ae96bee3a040dc3b57f6",
  "RecheckProblem": "sha256:e4a61b53a5797923dfebefd37fd956d258c4dd69e23b4ad7a7a647c7b36ca805",
  "Reconcile": "sha256:b707d7d5b291549d4cdf337bac20f083742cf070aaacfb68de166d3ac9d51afb",
  "RecreateSubscription": "sha256:b4473c88d796a71146e04b67324eba1a2d53d45a38ffe260028e95d0eb01d5d4",
  "RegisterWebhook": "sha256:3f8e3e3a7fd25b203d2df72c74e7b01c48a22e54f7806b2414259abb998e1411",
  "RemoveAssociation": "sha256:73fc3160d20aeba59c07e15ed1e3013a0b273df19d4deedc551fc0be9e3e8aad",
  "RemoveWebhook": "sha256:fdd57f666bc64a830fd001fb3a8825f83997342cc0589f05c5c0798f3dab9df3",
  "RemoveWebhookSecret": "sha256:50a7ea21112f98883bd8f170cae49da3216e36c526c96981707da48930be2bfb",
  "ReplayWebhookDelivery": "sha256:eaf537832831b6207178d6f901784bbc29c8571758dba6ae1936c051708a1e4f",
  "ResolveSubscription": "sha256:7e80c97b32783d5504b06db388fcecfa8437978200d787a7c533f153d51a94b9",
  "ResumeSyncs": "sha256:adce1c7e3e78f3ba508715ed960e36c9cf98cbecd52663dea517e08c1b143de8",
  "RotateWebhookSecret": "sha256:fdce72b65794ff61843523a3d62c05b3b67786a03072cec24c598913daf3cbd5",
  "RunChanges": "sha256:6c1cb05090e49635c09aa63f0e1a1f836d70f512686d2fec5e8de3e2968d8c63",
  "RunProgress": "sha256:ffc579474c22fd0fb4b41340cc1b6eac858930d21b8aa1c7b5bfc9045f0db49e",
  "RunResults": "sha256:30e13528495754f8af35b6e0cc939731322eb702e38f4bb1b3baf8c1f9fda1d7",
  "SaveAssociations": "sha256:58daef351960594fbb15d7a0b56a88997668d3a111cd9f71c32cdf7e6b085446",
  "SaveConnection": "sha256:fabf382c9c43db43a2dd8c9a8da25fc625ff44ea678db1c2474b82771c8ca8e9",
  "SendTestWebhook": "sha256:076f3cc2556945d013b92d2cf3fb5a10bc2f65e6bd3b78b11cc60e3810efd38b",
  "SnoozeProblem": "sha256:f68835deb095ce918e743241b9bccc95b5fd0b55abdb9710a81dcc9e43f6b514",
  "SubscriptionNames": "sha256:843e6c1e2bec4327b9006ed4829e84cadadf9c445ad880a909222eb49be64a60",
  "SyncHistory": "sha256:9fdef59384260640c827017c50764299904d61daebf320be05c921b683855def",
  "SyncNow": "sha256:6c53cca281c5f1a67879259cfafdaebd8afdf1bfe07a356fadec99410183268f",
  "SyncPreview": "sha256:d3cc095a65d867bb218071af62c0bb6ecdfed2c3847a783d74819584cf4744c1",
  "SyncSettings": "sha256:1fbdf998d37600fe27660c95cbdd2d3f04fd1173478dcedd69bfd18f45572d43",
  "TestConnection": "sha256:7d15529803c2c3ecdc5e22b23bafa7e2bf609ea6f3edec3791bb3dd1eb82b499",
  "UpdateSyncSettings": "sha256:ba20cb24627451e8cced6717ba4f993bcbe2f706f8764931be2223fbf85a61ee",
  "UpdateWebhook": "sha256:f18fbbf0680cf5141d766cbabd83798459a2a9393e855cefbb0df3ff58a6ba72",
  "WebhookDeliveries": "sha256:230711c1832030e3044228a7d04c6603843af9d8a357cc624438bbe525659ad4",
  "Webhooks": "sha256:6826b648e5b0c8f8b99d8ac8822d70562a4ca2804a7dafbc010fe11ea11e5874"
} as const;

/** What the server answers to each operation. */
export const operations = {
  /** What the server answers to `AcceptMappingSuggestions`. */
  AcceptMappingSuggestions: {
    "acceptHaloMappingSuggestions": {
      "__typename": "AcceptHaloMappingSuggestionsPayload",
      "partner": {
        "__typename": "Partner",
        "clientCounts": {
          "__typename": "ClientCounts",
          "mapped": 7,
          "needingAttention": 0,
          "total": 7,
          "unmapped": 0
        },
        "id": "partner_00000000000000000000000000000001"
      },
      "result": {
        "__typename": "HaloMappingResult",
        "alreadyMapped": 0,
        "ambiguous": 0,
        "mapped": 7,
        "remaining": 0,
        "similar": 0,
        "unmatched": 0
      },
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
        "trigger": "ASSOCIATION_SAVED"
      },
      "userErrors": []
    }
  } satisfies types.AcceptMappingSuggestionsMutation as types.AcceptMappingSuggestionsMutation,
  /** What the server answers to `AcknowledgeProblem`. */
  AcknowledgeProblem: {
    "acknowledgeHaloProblem": {
      "__typename": "AcknowledgeHaloProblemPayload",
      "problem": {
        "__typename": "HaloProblemRecord",
        "acknowledgement": {
          "__typename": "HaloProblemAcknowledgement",
          "at": "2026-11-24T09:00:00.000Z",
          "by": {
            "__typename": "Actor",
            "name": "Ada Admin",
            "role": "PARTNER_ADMIN"
          },
          "note": "They deleted it by mistake"
        },
        "association": {
          "__typename": "HaloClientAssociation",
          "id": "association_00000000000000000000000000000001",
          "status": "NEEDS_ATTENTION"
        },
        "changedAt": "2026-11-24T09:00:00.000Z",
        "client": {
          "__typename": "Client",
          "externalId": "northwind/Cedar",
          "id": "client_00000000000000000000000000000001",
          "name": "Cedar"
        },
        "closedAt": null,
        "consequence": "NO_SUBSCRIPTION",
        "consequenceMessage": "The client has no subscription in Halo, so it is not billed.",
        "firstSeenAt": "2026-11-24T09:00:00.000Z",
        "id": "problem_00000000000000000000000000000001",
        "lastSeenAt": "2026-11-24T09:00:00.000Z",
        "problem": {
          "__typename": "HaloProblem",
          "code": "SUBSCRIPTION_DELETED",
          "guideStep": "Subscription Management",
          "guideUrl": null,
          "haloSubscriptionIds": [],
          "heldQuantity": null,
          "message": "The subscription was deleted in Halo.",
          "remedy": "Have a new subscription created, or remove the association.",
          "since": "2026-11-24T09:00:00.000Z"
        },
        "snoozedUntil": null,
        "state": "ACKNOWLEDGED",
        "suggestedAct": "RECREATE_SUBSCRIPTION",
        "waitsFor": "PARTNER"
      },
      "userErrors": []
    }
  } satisfies types.AcknowledgeProblemMutation as types.AcknowledgeProblemMutation,
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
              "action": "CLIENT_INCLUDED",
              "actor": {
                "__typename": "Actor",
                "name": "Ada Admin",
                "role": "PARTNER_ADMIN"
              },
              "at": "2026-11-24T09:00:00.000Z",
              "changes": [
                {
                  "__typename": "ActivityChange",
                  "after": "[\"client_00000000000000000000000000000002\"]",
                  "before": null,
                  "name": "CLIENTS"
                }
              ],
              "clientCount": 1,
              "clients": [
                {
                  "__typename": "Client",
                  "id": "client_00000000000000000000000000000002",
                  "name": "Fir"
                }
              ],
              "id": "activity_00000000000000000000000000000001",
              "reason": null,
              "subject": null,
              "subjectId": null
            }
          },
          {
            "__typename": "ActivityEdge",
            "cursor": "cursor-2",
            "node": {
              "__typename": "Activity",
              "action": "CLIENT_EXCLUDED",
              "actor": {
                "__typename": "Actor",
                "name": "Ada Admin",
                "role": "PARTNER_ADMIN"
              },
              "at": "2026-11-24T09:00:00.000Z",
              "changes": [
                {
                  "__typename": "ActivityChange",
                  "after": "[\"client_00000000000000000000000000000002\"]",
                  "before": null,
                  "name": "CLIENTS"
                },
                {
                  "__typename": "ActivityChange",
                  "after": "Pays by itself",
                  "before": null,
                  "name": "REASON"
                },
                {
                  "__typename": "ActivityChange",
                  "after": "2026-12-24",
                  "before": null,
                  "name": "REVIEW_ON"
                }
              ],
              "clientCount": 1,
              "clients": [
                {
                  "__typename": "Client",
                  "id": "client_00000000000000000000000000000002",
                  "name": "Fir"
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
              "action": "CONNECTION_RECONCILED",
              "actor": {
                "__typename": "Actor",
                "name": "Ada Admin",
                "role": "PARTNER_ADMIN"
              },
              "at": "2026-11-24T09:00:00.000Z",
              "changes": [],
              "clientCount": 0,
              "clients": [],
              "id": "activity_00000000000000000000000000000003",
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
            "cursor": "cursor-4",
            "node": {
              "__typename": "Activity",
              "action": "CONNECTION_SAVED",
              "actor": {
                "__typename": "Actor",
                "name": "Ada Admin",
                "role": "PARTNER_ADMIN"
              },
              "at": "2026-11-24T09:00:00.000Z",
              "changes": [
                {
                  "__typename": "ActivityChange",
                  "after": "replaced",
                  "before": null,
                  "name": "CLIENT_SECRET"
                }
              ],
              "clientCount": 0,
              "clients": [],
              "id": "activity_00000000000000000000000000000004",
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
            "cursor": "cursor-5",
            "node": {
              "__typename": "Activity",
              "action": "SYNC_REQUESTED",
              "actor": {
                "__typename": "Actor",
                "name": "Ada Admin",
                "role": "PARTNER_ADMIN"
              },
              "at": "2026-11-24T09:00:00.000Z",
              "changes": [],
              "clientCount": 0,
              "clients": [],
              "id": "activity_00000000000000000000000000000005",
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
            "cursor": "cursor-6",
            "node": {
              "__typename": "Activity",
              "action": "ASSOCIATION_SAVED",
              "actor": {
                "__typename": "Actor",
                "name": "Ada Admin",
                "role": "PARTNER_ADMIN"
              },
              "at": "2026-11-24T09:00:00.000Z",
              "changes": [
                {
                  "__typename": "ActivityChange",
                  "after": "client_00000000000000000000000000000003",
                  "before": null,
                  "name": "CLIENT"
                },
                {
                  "__typename": "ActivityChange",
                  "after": "46",
                  "before": null,
                  "name": "HALO_CUSTOMER"
                },
                {
                  "__typename": "ActivityChange",
                  "after": "Grove",
                  "before": null,
                  "name": "HALO_CUSTOMER_NAME"
                }
              ],
              "clientCount": 1,
              "clients": [
                {
                  "__typename": "Client",
                  "id": "client_00000000000000000000000000000003",
                  "name": "Grove"
                }
              ],
              "id": "activity_00000000000000000000000000000006",
              "reason": null,
              "subject": {
                "__typename": "HaloClientAssociation",
                "haloCustomer": {
                  "__typename": "HaloCustomer",
                  "haloId": 46,
                  "name": "Grove",
                  "topLevelName": "Customers"
                },
                "id": "association_00000000000000000000000000000002"
              },
              "subjectId": "association_00000000000000000000000000000002"
            }
          },
          {
            "__typename": "ActivityEdge",
            "cursor": "cursor-7",
            "node": {
              "__typename": "Activity",
              "action": "ASSOCIATION_REMOVED",
              "actor": {
                "__typename": "Actor",
                "name": "Ada Admin",
                "role": "PARTNER_ADMIN"
              },
              "at": "2026-11-24T09:00:00.000Z",
              "changes": [
                {
                  "__typename": "ActivityChange",
                  "after": null,
                  "before": "client_00000000000000000000000000000004",
                  "name": "CLIENT"
                },
                {
                  "__typename": "ActivityChange",
                  "after": "set_to_zero",
                  "before": null,
                  "name": "ENDING"
                },
                {
                  "__typename": "ActivityChange",
                  "after": null,
                  "before": "44",
                  "name": "HALO_CUSTOMER"
                }
              ],
              "clientCount": 1,
              "clients": [
                {
                  "__typename": "Client",
                  "id": "client_00000000000000000000000000000004",
                  "name": "Dogwood"
                }
              ],
              "id": "activity_00000000000000000000000000000007",
              "reason": null,
              "subject": {
                "__typename": "HaloClientAssociation",
                "haloCustomer": {
                  "__typename": "HaloCustomer",
                  "haloId": 44,
                  "name": "Dogwood",
                  "topLevelName": "Customers"
                },
                "id": "association_00000000000000000000000000000003"
              },
              "subjectId": "association_00000000000000000000000000000003"
            }
          },
          {
            "__typename": "ActivityEdge",
            "cursor": "cursor-8",
            "node": {
              "__typename": "Activity",
              "action": "SYNC_REQUESTED",
              "actor": {
                "__typename": "Actor",
                "name": "Ada Admin",
                "role": "PARTNER_ADMIN"
              },
              "at": "2026-11-24T09:00:00.000Z",
              "changes": [
                {
                  "__typename": "ActivityChange",
                  "after": "[\"client_00000000000000000000000000000001\"]",
                  "before": null,
                  "name": "CLIENTS"
                }
              ],
              "clientCount": 1,
              "clients": [
                {
                  "__typename": "Client",
                  "id": "client_00000000000000000000000000000001",
                  "name": "Cedar"
                }
              ],
              "id": "activity_00000000000000000000000000000008",
              "reason": null,
              "subject": {
                "__typename": "HaloSyncRun",
                "id": "run_00000000000000000000000000000003"
              },
              "subjectId": "run_00000000000000000000000000000003"
            }
          },
          {
            "__typename": "ActivityEdge",
            "cursor": "cursor-9",
            "node": {
              "__typename": "Activity",
              "action": "ASSOCIATION_SAVED",
              "actor": {
                "__typename": "Actor",
                "name": "Ada Admin",
                "role": "PARTNER_ADMIN"
              },
              "at": "2026-11-24T09:00:00.000Z",
              "changes": [
                {
                  "__typename": "ActivityChange",
                  "after": "client_00000000000000000000000000000005",
                  "before": null,
                  "name": "CLIENT"
                },
                {
                  "__typename": "ActivityChange",
                  "after": "49",
                  "before": null,
                  "name": "HALO_CUSTOMER"
                },
                {
                  "__typename": "ActivityChange",
                  "after": "Elder",
                  "before": null,
                  "name": "HALO_CUSTOMER_NAME"
                }
              ],
              "clientCount": 1,
              "clients": [
                {
                  "__typename": "Client",
                  "id": "client_00000000000000000000000000000005",
                  "name": "Hazel"
                }
              ],
              "id": "activity_00000000000000000000000000000009",
              "reason": null,
              "subject": {
                "__typename": "HaloClientAssociation",
                "haloCustomer": {
                  "__typename": "HaloCustomer",
                  "haloId": 49,
                  "name": "Elder",
                  "topLevelName": "Customers"
                },
                "id": "association_00000000000000000000000000000004"
              },
              "subjectId": "association_00000000000000000000000000000004"
            }
          },
          {
            "__typename": "ActivityEdge",
            "cursor": "cursor-10",
            "node": {
              "__typename": "Activity",
              "action": "SYNC_REQUESTED",
              "actor": {
                "__typename": "Actor",
                "name": "Sam Example",
                "role": "PARTNER_ADMIN"
              },
              "at": "2026-11-24T09:00:00.000Z",
              "changes": [],
              "clientCount": 0,
              "clients": [],
              "id": "activity_00000000000000000000000000000010",
              "reason": null,
              "subject": {
                "__typename": "HaloSyncRun",
                "id": "run_00000000000000000000000000000004"
              },
              "subjectId": "run_00000000000000000000000000000004"
            }
          },
          {
            "__typename": "ActivityEdge",
            "cursor": "cursor-11",
            "node": {
              "__typename": "Activity",
              "action": "SYNC_REQUESTED",
              "actor": {
                "__typename": "Actor",
                "name": "Ada Admin",
                "role": "PARTNER_ADMIN"
              },
              "at": "2026-11-24T09:00:00.000Z",
              "changes": [
                {
                  "__typename": "ActivityChange",
                  "after": "[\"client_00000000000000000000000000000006\",\"client_00000000000000000000000000000007\"]",
                  "before": null,
                  "name": "CLIENTS"
                }
              ],
              "clientCount": 2,
              "clients": [
                {
                  "__typename": "Client",
                  "id": "client_00000000000000000000000000000006",
                  "name": "Alder"
                },
                {
                  "__typename": "Client",
                  "id": "client_00000000000000000000000000000007",
                  "name": "Birch"
                }
              ],
              "id": "activity_00000000000000000000000000000011",
              "reason": null,
              "subject": {
                "__typename": "HaloSyncRun",
                "id": "run_00000000000000000000000000000005"
              },
              "subjectId": "run_00000000000000000000000000000005"
            }
          },
          {
            "__typename": "ActivityEdge",
            "cursor": "cursor-12",
            "node": {
              "__typename": "Activity",
              "action": "ROSTER_IMPORTED",
              "actor": {
                "__typename": "Actor",
                "name": "INFIMA",
                "role": "PLATFORM"
              },
              "at": "2026-11-24T09:00:00.000Z",
              "changes": [
                {
                  "__typename": "ActivityChange",
                  "after": "40",
                  "before": "37",
                  "name": "ACTIVE_USERS"
                },
                {
                  "__typename": "ActivityChange",
                  "after": "8",
                  "before": null,
                  "name": "USERS_STORED"
                }
              ],
              "clientCount": 0,
              "clients": [],
              "id": "activity_00000000000000000000000000000012",
              "reason": null,
              "subject": null,
              "subjectId": null
            }
          },
          {
            "__typename": "ActivityEdge",
            "cursor": "cursor-13",
            "node": {
              "__typename": "Activity",
              "action": "SYNC_RESUMED",
              "actor": {
                "__typename": "Actor",
                "name": "Ada Admin",
                "role": "PARTNER_ADMIN"
              },
              "at": "2026-11-24T09:00:00.000Z",
              "changes": [
                {
                  "__typename": "ActivityChange",
                  "after": null,
                  "before": "2027-01-04",
                  "name": "PAUSED_UNTIL"
                },
                {
                  "__typename": "ActivityChange",
                  "after": null,
                  "before": "New prices from January on",
                  "name": "REASON"
                }
              ],
              "clientCount": 0,
              "clients": [],
              "id": "activity_00000000000000000000000000000013",
              "reason": null,
              "subject": {
                "__typename": "Partner",
                "id": "partner_00000000000000000000000000000001"
              },
              "subjectId": "partner_00000000000000000000000000000001"
            }
          },
          {
            "__typename": "ActivityEdge",
            "cursor": "cursor-14",
            "node": {
              "__typename": "Activity",
              "action": "SYNC_PAUSED",
              "actor": {
                "__typename": "Actor",
                "name": "Ada Admin",
                "role": "PARTNER_ADMIN"
              },
              "at": "2026-11-24T09:00:00.000Z",
              "changes": [
                {
                  "__typename": "ActivityChange",
                  "after": "2027-01-04",
                  "before": null,
                  "name": "PAUSED_UNTIL"
                },
                {
                  "__typename": "ActivityChange",
                  "after": "New prices from January on",
                  "before": null,
                  "name": "REASON"
                }
              ],
              "clientCount": 0,
              "clients": [],
              "id": "activity_00000000000000000000000000000014",
              "reason": "New prices from January on",
              "subject": {
                "__typename": "Partner",
                "id": "partner_00000000000000000000000000000001"
              },
              "subjectId": "partner_00000000000000000000000000000001"
            }
          },
          {
            "__typename": "ActivityEdge",
            "cursor": "cursor-15",
            "node": {
              "__typename": "Activity",
              "action": "SETTINGS_CHANGED",
              "actor": {
                "__typename": "Actor",
                "name": "Ada Admin",
                "role": "PARTNER_ADMIN"
              },
              "at": "2026-11-24T09:00:00.000Z",
              "changes": [
                {
                  "__typename": "ActivityChange",
                  "after": "Europe/London",
                  "before": "Europe/Berlin",
                  "name": "TIME_ZONE"
                }
              ],
              "clientCount": 0,
              "clients": [],
              "id": "activity_00000000000000000000000000000015",
              "reason": null,
              "subject": {
                "__typename": "Partner",
                "id": "partner_00000000000000000000000000000001"
              },
              "subjectId": "partner_00000000000000000000000000000001"
            }
          },
          {
            "__typename": "ActivityEdge",
            "cursor": "cursor-16",
            "node": {
              "__typename": "Activity",
              "action": "ASSOCIATION_SAVED",
              "actor": {
                "__typename": "Actor",
                "name": "Sam Example",
                "role": "PARTNER_ADMIN"
              },
              "at": "2026-11-24T09:00:00.000Z",
              "changes": [
                {
                  "__typename": "ActivityChange",
                  "after": "client_00000000000000000000000000000004",
                  "before": null,
                  "name": "CLIENT"
                },
                {
                  "__typename": "ActivityChange",
                  "after": "44",
                  "before": null,
                  "name": "HALO_CUSTOMER"
                },
                {
                  "__typename": "ActivityChange",
                  "after": "Dogwood",
                  "before": null,
                  "name": "HALO_CUSTOMER_NAME"
                }
              ],
              "clientCount": 1,
              "clients": [
                {
                  "__typename": "Client",
                  "id": "client_00000000000000000000000000000004",
                  "name": "Dogwood"
                }
              ],
              "id": "activity_00000000000000000000000000000016",
              "reason": null,
              "subject": {
                "__typename": "HaloClientAssociation",
                "haloCustomer": {
                  "__typename": "HaloCustomer",
                  "haloId": 44,
                  "name": "Dogwood",
                  "topLevelName": "Customers"
                },
                "id": "association_00000000000000000000000000000003"
              },
              "subjectId": "association_00000000000000000000000000000003"
            }
          },
          {
            "__typename": "ActivityEdge",
            "cursor": "cursor-17",
            "node": {
              "__typename": "Activity",
              "action": "ASSOCIATION_SAVED",
              "actor": {
                "__typename": "Actor",
                "name": "Sam Example",
                "role": "PARTNER_ADMIN"
              },
              "at": "2026-11-24T09:00:00.000Z",
              "changes": [
                {
                  "__typename": "ActivityChange",
                  "after": "client_00000000000000000000000000000001",
                  "before": null,
                  "name": "CLIENT"
                },
                {
                  "__typename": "ActivityChange",
                  "after": "43",
                  "before": null,
                  "name": "HALO_CUSTOMER"
                },
                {
                  "__typename": "ActivityChange",
                  "after": "Cedar",
                  "before": null,
                  "name": "HALO_CUSTOMER_NAME"
                }
              ],
              "clientCount": 1,
              "clients": [
                {
                  "__typename": "Client",
                  "id": "client_00000000000000000000000000000001",
                  "name": "Cedar"
                }
              ],
              "id": "activity_00000000000000000000000000000017",
              "reason": null,
              "subject": {
                "__typename": "HaloClientAssociation",
                "haloCustomer": {
                  "__typename": "HaloCustomer",
                  "haloId": 43,
                  "name": "Cedar",
                  "topLevelName": "Customers"
                },
                "id": "association_00000000000000000000000000000001"
              },
              "subjectId": "association_00000000000000000000000000000001"
            }
          },
          {
            "__typename": "ActivityEdge",
            "cursor": "cursor-18",
            "node": {
              "__typename": "Activity",
              "action": "ASSOCIATION_SAVED",
              "actor": {
                "__typename": "Actor",
                "name": "Sam Example",
                "role": "PARTNER_ADMIN"
              },
              "at": "2026-11-24T09:00:00.000Z",
              "changes": [
                {
                  "__typename": "ActivityChange",
                  "after": "client_00000000000000000000000000000007",
                  "before": null,
                  "name": "CLIENT"
                },
                {
                  "__typename": "ActivityChange",
                  "after": "42",
                  "before": null,
                  "name": "HALO_CUSTOMER"
                },
                {
                  "__typename": "ActivityChange",
                  "after": "Birch",
                  "before": null,
                  "name": "HALO_CUSTOMER_NAME"
                }
              ],
              "clientCount": 1,
              "clients": [
                {
                  "__typename": "Client",
                  "id": "client_00000000000000000000000000000007",
                  "name": "Birch"
                }
              ],
              "id": "activity_00000000000000000000000000000018",
              "reason": null,
              "subject": {
                "__typename": "HaloClientAssociation",
                "haloCustomer": {
                  "__typename": "HaloCustomer",
                  "haloId": 42,
                  "name": "Birch",
                  "topLevelName": "Customers"
                },
                "id": "association_00000000000000000000000000000005"
              },
              "subjectId": "association_00000000000000000000000000000005"
            }
          },
          {
            "__typename": "ActivityEdge",
            "cursor": "cursor-19",
            "node": {
              "__typename": "Activity",
              "action": "ASSOCIATION_SAVED",
              "actor": {
                "__typename": "Actor",
                "name": "Sam Example",
                "role": "PARTNER_ADMIN"
              },
              "at": "2026-11-24T09:00:00.000Z",
              "changes": [
                {
                  "__typename": "ActivityChange",
                  "after": "client_00000000000000000000000000000006",
                  "before": null,
                  "name": "CLIENT"
                },
                {
                  "__typename": "ActivityChange",
                  "after": "41",
                  "before": null,
                  "name": "HALO_CUSTOMER"
                },
                {
                  "__typename": "ActivityChange",
                  "after": "Alder",
                  "before": null,
                  "name": "HALO_CUSTOMER_NAME"
                }
              ],
              "clientCount": 1,
              "clients": [
                {
                  "__typename": "Client",
                  "id": "client_00000000000000000000000000000006",
                  "name": "Alder"
                }
              ],
              "id": "activity_00000000000000000000000000000019",
              "reason": null,
              "subject": {
                "__typename": "HaloClientAssociation",
                "haloCustomer": {
                  "__typename": "HaloCustomer",
                  "haloId": 41,
                  "name": "Alder",
                  "topLevelName": "Customers"
                },
                "id": "association_00000000000000000000000000000006"
              },
              "subjectId": "association_00000000000000000000000000000006"
            }
          },
          {
            "__typename": "ActivityEdge",
            "cursor": "cursor-20",
            "node": {
              "__typename": "Activity",
              "action": "CONNECTION_SAVED",
              "actor": {
                "__typename": "Actor",
                "name": "Sam Example",
                "role": "PARTNER_ADMIN"
              },
              "at": "2026-11-24T09:00:00.000Z",
              "changes": [
                {
                  "__typename": "ActivityChange",
                  "after": "replaced",
                  "before": null,
                  "name": "CLIENT_SECRET"
                }
              ],
              "clientCount": 0,
              "clients": [],
              "id": "activity_00000000000000000000000000000020",
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
            "cursor": "cursor-21",
            "node": {
              "__typename": "Activity",
              "action": "CONNECTION_SAVED",
              "actor": {
                "__typename": "Actor",
                "name": "Ada Admin",
                "role": "PARTNER_ADMIN"
              },
              "at": "2026-11-24T09:00:00.000Z",
              "changes": [
                {
                  "__typename": "ActivityChange",
                  "after": "6b3f2a5e-0c1d-4f7a-9e42-5d8c7b6a1f00",
                  "before": null,
                  "name": "APPLICATION_CLIENT_ID"
                },
                {
                  "__typename": "ActivityChange",
                  "after": "set",
                  "before": null,
                  "name": "CLIENT_SECRET"
                },
                {
                  "__typename": "ActivityChange",
                  "after": "northwind",
                  "before": null,
                  "name": "TENANT"
                },
                {
                  "__typename": "ActivityChange",
                  "after": "https://northwind.halopsa.com",
                  "before": null,
                  "name": "URL"
                }
              ],
              "clientCount": 0,
              "clients": [],
              "id": "activity_00000000000000000000000000000021",
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
            "cursor": "cursor-22",
            "node": {
              "__typename": "Activity",
              "action": "ROSTER_IMPORTED",
              "actor": {
                "__typename": "Actor",
                "name": "INFIMA",
                "role": "PLATFORM"
              },
              "at": "2026-11-24T09:00:00.000Z",
              "changes": [
                {
                  "__typename": "ActivityChange",
                  "after": "37",
                  "before": "36",
                  "name": "ACTIVE_USERS"
                },
                {
                  "__typename": "ActivityChange",
                  "after": "4",
                  "before": null,
                  "name": "USERS_STORED"
                }
              ],
              "clientCount": 0,
              "clients": [],
              "id": "activity_00000000000000000000000000000022",
              "reason": null,
              "subject": null,
              "subjectId": null
            }
          },
          {
            "__typename": "ActivityEdge",
            "cursor": "cursor-23",
            "node": {
              "__typename": "Activity",
              "action": "ROSTER_IMPORTED",
              "actor": {
                "__typename": "Actor",
                "name": "INFIMA",
                "role": "PLATFORM"
              },
              "at": "2026-11-24T09:00:00.000Z",
              "changes": [
                {
                  "__typename": "ActivityChange",
                  "after": "36",
                  "before": "27",
                  "name": "ACTIVE_USERS"
                },
                {
                  "__typename": "ActivityChange",
                  "after": "9",
                  "before": null,
                  "name": "USERS_STORED"
                }
              ],
              "clientCount": 0,
              "clients": [],
              "id": "activity_00000000000000000000000000000023",
              "reason": null,
              "subject": null,
              "subjectId": null
            }
          },
          {
            "__typename": "ActivityEdge",
            "cursor": "cursor-24",
            "node": {
              "__typename": "Activity",
              "action": "ROSTER_IMPORTED",
              "actor": {
                "__typename": "Actor",
                "name": "INFIMA",
                "role": "PLATFORM"
              },
              "at": "2026-11-24T09:00:00.000Z",
              "changes": [
                {
                  "__typename": "ActivityChange",
                  "after": "27",
                  "before": "21",
                  "name": "ACTIVE_USERS"
                },
                {
                  "__typename": "ActivityChange",
                  "after": "6",
                  "before": null,
                  "name": "USERS_STORED"
                }
              ],
              "clientCount": 0,
              "clients": [],
              "id": "activity_00000000000000000000000000000024",
              "reason": null,
              "subject": null,
              "subjectId": null
            }
          },
          {
            "__typename": "ActivityEdge",
            "cursor": "cursor-25",
            "node": {
              "__typename": "Activity",
              "action": "ROSTER_IMPORTED",
              "actor": {
                "__typename": "Actor",
                "name": "INFIMA",
                "role": "PLATFORM"
              },
              "at": "2026-11-24T09:00:00.000Z",
              "changes": [
                {
                  "__typename": "ActivityChange",
                  "after": "21",
                  "before": "14",
                  "name": "ACTIVE_USERS"
                },
                {
                  "__typename": "ActivityChange",
                  "after": "7",
                  "before": null,
                  "name": "USERS_STORED"
                }
              ],
              "clientCount": 0,
              "clients": [],
              "id": "activity_00000000000000000000000000000025",
              "reason": null,
              "subject": null,
              "subjectId": null
            }
          }
        ],
        "pageInfo": {
          "__typename": "PageInfo",
          "endCursor": "cursor-25",
          "hasNextPage": true
        },
        "totalCount": 30
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
        "id": "client_00000000000000000000000000000006",
        "name": "Alder"
      },
      "history": {
        "__typename": "HaloSyncResultConnection",
        "edges": [
          {
            "__typename": "HaloSyncResultEdge",
            "cursor": "cursor-26",
            "node": {
              "__typename": "HaloSyncResult",
              "at": "2026-11-24T09:00:00.000Z",
              "changedInHalo": false,
              "outcome": "UNCHANGED",
              "problem": null,
              "quantityAfter": 4,
              "quantityBefore": 4,
              "run": {
                "__typename": "HaloSyncRun",
                "id": "run_00000000000000000000000000000004",
                "requestedBy": {
                  "__typename": "Actor",
                  "name": "Sam Example",
                  "role": "PARTNER_ADMIN"
                },
                "trigger": "ON_DEMAND"
              },
              "userCounts": {
                "__typename": "UserCounts",
                "archived": 1,
                "clientArchived": 0,
                "counted": 4,
                "deactivated": 1,
                "sameAddress": 1
              }
            }
          },
          {
            "__typename": "HaloSyncResultEdge",
            "cursor": "cursor-27",
            "node": {
              "__typename": "HaloSyncResult",
              "at": "2026-11-24T09:00:00.000Z",
              "changedInHalo": true,
              "outcome": "UPDATED",
              "problem": {
                "__typename": "HaloProblem",
                "code": "QUANTITY_CHANGED_IN_HALO",
                "guideStep": "Subscription Management",
                "guideUrl": null,
                "message": "The quantity was changed in Halo. INFIMA keeps it at the active user count.",
                "remedy": null,
                "since": "2026-11-24T09:00:00.000Z"
              },
              "quantityAfter": 4,
              "quantityBefore": 30,
              "run": {
                "__typename": "HaloSyncRun",
                "id": "run_00000000000000000000000000000005",
                "requestedBy": {
                  "__typename": "Actor",
                  "name": "Ada Admin",
                  "role": "PARTNER_ADMIN"
                },
                "trigger": "ON_DEMAND"
              },
              "userCounts": {
                "__typename": "UserCounts",
                "archived": 1,
                "clientArchived": 0,
                "counted": 4,
                "deactivated": 1,
                "sameAddress": 1
              }
            }
          },
          {
            "__typename": "HaloSyncResultEdge",
            "cursor": "cursor-28",
            "node": {
              "__typename": "HaloSyncResult",
              "at": "2026-11-24T09:00:00.000Z",
              "changedInHalo": false,
              "outcome": "UNCHANGED",
              "problem": null,
              "quantityAfter": 4,
              "quantityBefore": 4,
              "run": {
                "__typename": "HaloSyncRun",
                "id": "run_00000000000000000000000000000006",
                "requestedBy": {
                  "__typename": "Actor",
                  "name": "Ada Admin",
                  "role": "PARTNER_ADMIN"
                },
                "trigger": "ON_DEMAND"
              },
              "userCounts": {
                "__typename": "UserCounts",
                "archived": 1,
                "clientArchived": 0,
                "counted": 4,
                "deactivated": 1,
                "sameAddress": 1
              }
            }
          },
          {
            "__typename": "HaloSyncResultEdge",
            "cursor": "cursor-29",
            "node": {
              "__typename": "HaloSyncResult",
              "at": "2026-11-24T09:00:00.000Z",
              "changedInHalo": false,
              "outcome": "CREATED",
              "problem": null,
              "quantityAfter": 4,
              "quantityBefore": null,
              "run": {
                "__typename": "HaloSyncRun",
                "id": "run_00000000000000000000000000000007",
                "requestedBy": {
                  "__typename": "Actor",
                  "name": "Sam Example",
                  "role": "PARTNER_ADMIN"
                },
                "trigger": "ASSOCIATION_SAVED"
              },
              "userCounts": {
                "__typename": "UserCounts",
                "archived": 1,
                "clientArchived": 0,
                "counted": 4,
                "deactivated": 1,
                "sameAddress": 1
              }
            }
          }
        ],
        "pageInfo": {
          "__typename": "PageInfo",
          "endCursor": "cursor-29",
          "hasNextPage": false
        },
        "totalCount": 4
      },
      "id": "association_00000000000000000000000000000006"
    }
  } satisfies types.AssociationHistoryQuery as types.AssociationHistoryQuery,
  /** What the server answers to `BillingDay`. */
  BillingDay: {
    "node": {
      "__typename": "Client",
      "billingEvidence": [
        {
          "__typename": "BillingDay",
          "carriedForwardSince": null,
          "changedInHalo": true,
          "confirmedAt": "2026-11-24T09:00:00.000Z",
          "date": "2026-11-24",
          "haloCustomer": {
            "__typename": "HaloCustomer",
            "haloId": 41,
            "name": "Alder"
          },
          "problem": null,
          "quantity": 4,
          "quantityBefore": null,
          "result": {
            "__typename": "HaloSyncResult",
            "at": "2026-11-24T09:00:00.000Z",
            "outcome": "UNCHANGED",
            "quantityAfter": 4,
            "quantityBefore": 4
          },
          "rule": "ACTIVE_USERS_BY_ADDRESS",
          "run": {
            "__typename": "HaloSyncRun",
            "finishedAt": "2026-11-24T09:00:05.000Z",
            "id": "run_00000000000000000000000000000004",
            "status": "SUCCEEDED",
            "trigger": "ON_DEMAND"
          },
          "status": "CONFIRMED",
          "syncs": 4,
          "userCounts": {
            "__typename": "UserCounts",
            "archived": 1,
            "clientArchived": 0,
            "counted": 4,
            "deactivated": 1,
            "sameAddress": 1
          }
        }
      ],
      "id": "client_00000000000000000000000000000006",
      "name": "Alder"
    }
  } satisfies types.BillingDayQuery as types.BillingDayQuery,
  /** What the server answers to `BillingDays`. */
  BillingDays: {
    "node": {
      "__typename": "Client",
      "billingEvidence": [
        {
          "__typename": "BillingDay",
          "carriedForwardSince": null,
          "changedInHalo": true,
          "confirmedAt": "2026-11-24T09:00:00.000Z",
          "date": "2026-11-24",
          "quantity": 4,
          "quantityBefore": null,
          "rule": "ACTIVE_USERS_BY_ADDRESS",
          "status": "CONFIRMED",
          "syncs": 4
        }
      ],
      "id": "client_00000000000000000000000000000006",
      "name": "Alder"
    }
  } satisfies types.BillingDaysQuery as types.BillingDaysQuery,
  /** What the server answers to `BillingMonth`. */
  BillingMonth: {
    "partner": {
      "__typename": "Partner",
      "billingEvidence": {
        "__typename": "BillingEvidenceConnection",
        "edges": [
          {
            "__typename": "BillingEvidenceEdge",
            "cursor": "cursor-30",
            "node": {
              "__typename": "BillingEvidence",
              "changes": 0,
              "client": {
                "__typename": "Client",
                "id": "client_00000000000000000000000000000006",
                "name": "Alder"
              },
              "firstQuantity": 4,
              "lastQuantity": 4,
              "maximumQuantity": 4,
              "unconfirmedDays": 0
            }
          },
          {
            "__typename": "BillingEvidenceEdge",
            "cursor": "cursor-31",
            "node": {
              "__typename": "BillingEvidence",
              "changes": 0,
              "client": {
                "__typename": "Client",
                "id": "client_00000000000000000000000000000007",
                "name": "Birch"
              },
              "firstQuantity": 8,
              "lastQuantity": 8,
              "maximumQuantity": 8,
              "unconfirmedDays": 0
            }
          },
          {
            "__typename": "BillingEvidenceEdge",
            "cursor": "cursor-32",
            "node": {
              "__typename": "BillingEvidence",
              "changes": 0,
              "client": {
                "__typename": "Client",
                "id": "client_00000000000000000000000000000001",
                "name": "Cedar"
              },
              "firstQuantity": 2,
              "lastQuantity": 2,
              "maximumQuantity": 2,
              "unconfirmedDays": 1
            }
          },
          {
            "__typename": "BillingEvidenceEdge",
            "cursor": "cursor-33",
            "node": {
              "__typename": "BillingEvidence",
              "changes": 0,
              "client": {
                "__typename": "Client",
                "id": "client_00000000000000000000000000000004",
                "name": "Dogwood"
              },
              "firstQuantity": 4,
              "lastQuantity": 4,
              "maximumQuantity": 4,
              "unconfirmedDays": 0
            }
          },
          {
            "__typename": "BillingEvidenceEdge",
            "cursor": "cursor-34",
            "node": {
              "__typename": "BillingEvidence",
              "changes": 0,
              "client": {
                "__typename": "Client",
                "id": "client_00000000000000000000000000000003",
                "name": "Grove"
              },
              "firstQuantity": null,
              "lastQuantity": null,
              "maximumQuantity": null,
              "unconfirmedDays": 1
            }
          },
          {
            "__typename": "BillingEvidenceEdge",
            "cursor": "cursor-35",
            "node": {
              "__typename": "BillingEvidence",
              "changes": 0,
              "client": {
                "__typename": "Client",
                "id": "client_00000000000000000000000000000005",
                "name": "Hazel"
              },
              "firstQuantity": null,
              "lastQuantity": null,
              "maximumQuantity": null,
              "unconfirmedDays": 1
            }
          }
        ],
        "pageInfo": {
          "__typename": "PageInfo",
          "endCursor": "cursor-35",
          "hasNextPage": false
        },
        "totalCount": 6
      },
      "id": "partner_00000000000000000000000000000001"
    }
  } satisfies types.BillingMonthQuery as types.BillingMonthQuery,
  /** What the server answers to `ClientRow`. */
  ClientRow: {
    "node": {
      "__typename": "Client",
      "activeUserCount": 4,
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
        "id": "association_00000000000000000000000000000006",
        "lastSyncedAt": "2026-11-24T09:00:00.000Z",
        "lastSyncedQuantity": 4,
        "problem": null,
        "status": "ACTIVE",
        "subscription": {
          "__typename": "HaloSubscription",
          "billing": "NOT_ON_RECURRING_INVOICE",
          "haloId": 9002,
          "name": "INFIMA Security Awareness Training",
          "observedAt": "2026-11-24T09:00:00.000Z",
          "quantity": 4,
          "url": "https://northwind.halopsa.com/customer?clientid=41"
        }
      },
      "haloExclusion": null,
      "id": "client_00000000000000000000000000000006",
      "name": "Alder"
    }
  } satisfies types.ClientRowQuery as types.ClientRowQuery,
  /** What the server answers to `ClientRows`. */
  ClientRows: {
    "nodes": [
      {
        "__typename": "Client",
        "activeUserCount": 4,
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
          "id": "association_00000000000000000000000000000006",
          "lastSyncedAt": "2026-11-24T09:00:00.000Z",
          "lastSyncedQuantity": 4,
          "problem": null,
          "status": "ACTIVE",
          "subscription": {
            "__typename": "HaloSubscription",
            "billing": "NOT_ON_RECURRING_INVOICE",
            "haloId": 9002,
            "name": "INFIMA Security Awareness Training",
            "observedAt": "2026-11-24T09:00:00.000Z",
            "quantity": 4,
            "url": "https://northwind.halopsa.com/customer?clientid=41"
          }
        },
        "haloExclusion": null,
        "id": "client_00000000000000000000000000000006",
        "name": "Alder"
      },
      {
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
          "id": "association_00000000000000000000000000000005",
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
        "haloExclusion": null,
        "id": "client_00000000000000000000000000000007",
        "name": "Birch"
      }
    ]
  } satisfies types.ClientRowsQuery as types.ClientRowsQuery,
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
            "guideUrl": null,
            "message": "Halo PSA URL: a Halo answers there.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "ADDRESS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "Client ID and Client Secret: Halo accepts them.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "CREDENTIALS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Customers Access Level: Read Only: works. Halo shows the agent its customers.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "AGENT_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Users Access Level: Read Only: in the guide, not used by this integration, not checked.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "AGENT_USERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Software Licencing Access Level: Read And Modify: Halo shows its subscriptions. Whether INFIMA may change them will be known with the first subscription that it writes.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_SOFTWARE_LICENCING"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "read:customers: works. Halo answers the application's request for customers.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "READ_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "read:invoices: works. Halo grants it to the application.",
            "outcome": "GRANTED",
            "required": false,
            "subject": "READ_INVOICES"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "edit:softwarelicensing: Halo shows its subscriptions. Whether INFIMA may change them will be known with the first subscription that it writes.",
            "outcome": "UNKNOWN",
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
            "guideUrl": null,
            "message": "Halo PSA URL: a Halo answers there.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "ADDRESS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "Client ID and Client Secret: Halo accepts them.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "CREDENTIALS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Customers Access Level: Read Only: works. Halo shows the agent its customers.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "AGENT_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Users Access Level: Read Only: in the guide, not used by this integration, not checked.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "AGENT_USERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Software Licencing Access Level: Read And Modify: works. Halo has accepted a subscription that INFIMA wrote.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "AGENT_SOFTWARE_LICENCING"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "read:customers: works. Halo answers the application's request for customers.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "READ_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "read:invoices: works. Halo grants it to the application.",
            "outcome": "GRANTED",
            "required": false,
            "subject": "READ_INVOICES"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
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
        "VIEW_USERS",
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
        "RECONCILE",
        "TRIAGE_PROBLEM",
        "UPDATE_SETTINGS",
        "PAUSE_SYNCS",
        "MANAGE_WEBHOOKS",
        "TEST_WEBHOOKS"
      ]
    }
  } satisfies types.ConnectionFormQuery as types.ConnectionFormQuery,
  /** What the server answers to `CountedUsers`. */
  CountedUsers: {
    "node": {
      "__typename": "Client",
      "activeUserCount": 4,
      "id": "client_00000000000000000000000000000006",
      "name": "Alder",
      "userCounts": {
        "__typename": "UserCounts",
        "archived": 1,
        "clientArchived": 0,
        "counted": 4,
        "deactivated": 1,
        "sameAddress": 1
      },
      "users": {
        "__typename": "ClientUserConnection",
        "edges": [
          {
            "__typename": "ClientUserEdge",
            "cursor": "cursor-36",
            "node": {
              "__typename": "ClientUser",
              "counted": true,
              "email": "a***@alder.example",
              "externalId": "northwind/Alder/ada",
              "id": "user_00000000000000000000000000000001",
              "notCountedReason": null
            }
          },
          {
            "__typename": "ClientUserEdge",
            "cursor": "cursor-37",
            "node": {
              "__typename": "ClientUser",
              "counted": false,
              "email": "A***@Alder.example",
              "externalId": "northwind/Alder/ada-2",
              "id": "user_00000000000000000000000000000002",
              "notCountedReason": "SAME_ADDRESS"
            }
          },
          {
            "__typename": "ClientUserEdge",
            "cursor": "cursor-38",
            "node": {
              "__typename": "ClientUser",
              "counted": false,
              "email": "b***@alder.example",
              "externalId": "northwind/Alder/bob",
              "id": "user_00000000000000000000000000000003",
              "notCountedReason": "DEACTIVATED"
            }
          },
          {
            "__typename": "ClientUserEdge",
            "cursor": "cursor-39",
            "node": {
              "__typename": "ClientUser",
              "counted": false,
              "email": "e***@alder.example",
              "externalId": "northwind/Alder/eve",
              "id": "user_00000000000000000000000000000004",
              "notCountedReason": "ARCHIVED"
            }
          },
          {
            "__typename": "ClientUserEdge",
            "cursor": "cursor-40",
            "node": {
              "__typename": "ClientUser",
              "counted": true,
              "email": "u***@alder.example",
              "externalId": "northwind/Alder/0",
              "id": "user_00000000000000000000000000000005",
              "notCountedReason": null
            }
          },
          {
            "__typename": "ClientUserEdge",
            "cursor": "cursor-41",
            "node": {
              "__typename": "ClientUser",
              "counted": true,
              "email": "u***@alder.example",
              "externalId": "northwind/Alder/1",
              "id": "user_00000000000000000000000000000006",
              "notCountedReason": null
            }
          },
          {
            "__typename": "ClientUserEdge",
            "cursor": "cursor-42",
            "node": {
              "__typename": "ClientUser",
              "counted": true,
              "email": "u***@alder.example",
              "externalId": "northwind/Alder/2",
              "id": "user_00000000000000000000000000000007",
              "notCountedReason": null
            }
          }
        ],
        "pageInfo": {
          "__typename": "PageInfo",
          "endCursor": "cursor-42",
          "hasNextPage": false
        },
        "totalCount": 7
      }
    }
  } satisfies types.CountedUsersQuery as types.CountedUsersQuery,
  /** What the server answers to `CustomerSearch`. */
  CustomerSearch: {
    "haloCustomers": {
      "__typename": "HaloCustomerConnection",
      "edges": [
        {
          "__typename": "HaloCustomerEdge",
          "cursor": "cursor-43",
          "node": {
            "__typename": "HaloCustomer",
            "address": null,
            "associatedClients": [
              {
                "__typename": "Client",
                "id": "client_00000000000000000000000000000006",
                "name": "Alder"
              }
            ],
            "domain": null,
            "haloId": 41,
            "name": "Alder",
            "phone": null,
            "siteName": null,
            "topLevelName": "Customers"
          }
        }
      ],
      "pageInfo": {
        "__typename": "PageInfo",
        "endCursor": "cursor-43",
        "hasNextPage": false
      },
      "totalCount": 1
    }
  } satisfies types.CustomerSearchQuery as types.CustomerSearchQuery,
  /** What the server answers to `CustomerSuggestions`. */
  CustomerSuggestions: {
    "node": {
      "__typename": "Client",
      "id": "client_00000000000000000000000000000002",
      "name": "Fir",
      "suggestedHaloCustomers": [
        {
          "__typename": "HaloCustomerSuggestion",
          "customer": {
            "__typename": "HaloCustomer",
            "address": null,
            "associatedClients": [],
            "domain": null,
            "haloId": 45,
            "name": "Fir",
            "phone": null,
            "siteName": null,
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
  /** What the server answers to `ExcludeClients`. */
  ExcludeClients: {
    "excludeHaloClients": {
      "__typename": "ExcludeHaloClientsPayload",
      "clients": [
        {
          "__typename": "Client",
          "activeUserCount": 7,
          "archived": false,
          "externalId": "northwind/Fir",
          "haloAssociation": null,
          "haloExclusion": {
            "__typename": "HaloClientExclusion",
            "excludedAt": "2026-11-24T09:00:00.000Z",
            "excludedBy": {
              "__typename": "Actor",
              "name": "Ada Admin",
              "role": "PARTNER_ADMIN"
            },
            "reason": "Pays by itself",
            "reviewOn": "2026-12-24"
          },
          "id": "client_00000000000000000000000000000002",
          "name": "Fir"
        }
      ],
      "userErrors": []
    }
  } satisfies types.ExcludeClientsMutation as types.ExcludeClientsMutation,
  /** What the server answers to `ImportMappings`. */
  ImportMappings: {
    "importHaloMappings": {
      "__typename": "ImportHaloMappingsPayload",
      "partner": {
        "__typename": "Partner",
        "clientCounts": {
          "__typename": "ClientCounts",
          "mapped": 7,
          "needingAttention": 0,
          "total": 7,
          "unmapped": 0
        },
        "id": "partner_00000000000000000000000000000001"
      },
      "result": {
        "__typename": "HaloMappingImportResult",
        "alreadyMapped": 0,
        "invalid": 0,
        "mapped": 0,
        "withoutCustomer": 1
      },
      "run": null,
      "userErrors": []
    }
  } satisfies types.ImportMappingsMutation as types.ImportMappingsMutation,
  /** What the server answers to `IncludeClients`. */
  IncludeClients: {
    "includeHaloClients": {
      "__typename": "IncludeHaloClientsPayload",
      "clients": [
        {
          "__typename": "Client",
          "activeUserCount": 7,
          "archived": false,
          "externalId": "northwind/Fir",
          "haloAssociation": null,
          "haloExclusion": null,
          "id": "client_00000000000000000000000000000002",
          "name": "Fir"
        }
      ],
      "userErrors": []
    }
  } satisfies types.IncludeClientsMutation as types.IncludeClientsMutation,
  /** What the server answers to `IntegrationStatus`. */
  IntegrationStatus: {
    "viewer": {
      "__typename": "Viewer",
      "id": "viewer_00000000000000000000000000000001",
      "may": [
        "VIEW_PARTNER",
        "VIEW_USERS",
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
        "RECONCILE",
        "TRIAGE_PROBLEM",
        "UPDATE_SETTINGS",
        "PAUSE_SYNCS",
        "MANAGE_WEBHOOKS",
        "TEST_WEBHOOKS"
      ],
      "name": "Ada Admin",
      "partner": {
        "__typename": "Partner",
        "clientCounts": {
          "__typename": "ClientCounts",
          "mapped": 5,
          "needingAttention": 2,
          "total": 7,
          "unmapped": 2
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
        "haloSyncPause": null,
        "haloSyncRuns": {
          "__typename": "HaloSyncRunConnection",
          "edges": [
            {
              "__typename": "HaloSyncRunEdge",
              "node": {
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
                "trigger": "ASSOCIATION_ENDED"
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
  /** What the server answers to `LatestReconciliation`. */
  LatestReconciliation: {
    "partner": {
      "__typename": "Partner",
      "haloReconciliation": {
        "__typename": "HaloReconciliation",
        "at": "2026-11-24T09:00:00.000Z",
        "findingCount": 5,
        "findings": [
          {
            "__typename": "HaloReconciliationFinding",
            "client": null,
            "haloCustomer": {
              "__typename": "HaloCustomer",
              "haloId": 49,
              "name": "Elder",
              "topLevelName": null
            },
            "haloSubscriptionId": 9001,
            "kind": "SUBSCRIPTION_WITHOUT_CLIENT",
            "lastSyncedQuantity": null,
            "message": "Elder has a subscription from INFIMA with quantity 7 in Halo, and no client has it.",
            "quantityInHalo": 7,
            "recurringInvoiceId": null,
            "remedy": "Map the client that it belongs to. If it belongs to none, find out who added it before you end it in Halo.",
            "suggestedAct": "MAP_CLIENT"
          },
          {
            "__typename": "HaloReconciliationFinding",
            "client": {
              "__typename": "Client",
              "id": "client_00000000000000000000000000000001",
              "name": "Cedar"
            },
            "haloCustomer": {
              "__typename": "HaloCustomer",
              "haloId": 43,
              "name": "Cedar",
              "topLevelName": null
            },
            "haloSubscriptionId": 9004,
            "kind": "SUBSCRIPTION_MISSING",
            "lastSyncedQuantity": 2,
            "message": "Halo does not show the client's subscription at Cedar.",
            "quantityInHalo": null,
            "recurringInvoiceId": null,
            "remedy": "Request a sync: it finds out whether the subscription was deleted.",
            "suggestedAct": "REQUEST_SYNC"
          },
          {
            "__typename": "HaloReconciliationFinding",
            "client": {
              "__typename": "Client",
              "id": "client_00000000000000000000000000000006",
              "name": "Alder"
            },
            "haloCustomer": {
              "__typename": "HaloCustomer",
              "haloId": 41,
              "name": "Alder",
              "topLevelName": null
            },
            "haloSubscriptionId": 9002,
            "kind": "NOT_ON_INVOICE",
            "lastSyncedQuantity": 4,
            "message": "No recurring invoice bills the client's subscription at Alder.",
            "quantityInHalo": 4,
            "recurringInvoiceId": null,
            "remedy": "Add the subscription to a recurring invoice in Halo.",
            "suggestedAct": "FIX_IN_HALO"
          },
          {
            "__typename": "HaloReconciliationFinding",
            "client": {
              "__typename": "Client",
              "id": "client_00000000000000000000000000000007",
              "name": "Birch"
            },
            "haloCustomer": {
              "__typename": "HaloCustomer",
              "haloId": 42,
              "name": "Birch",
              "topLevelName": null
            },
            "haloSubscriptionId": 9003,
            "kind": "NOT_ON_INVOICE",
            "lastSyncedQuantity": 8,
            "message": "No recurring invoice bills the client's subscription at Birch.",
            "quantityInHalo": 8,
            "recurringInvoiceId": null,
            "remedy": "Add the subscription to a recurring invoice in Halo.",
            "suggestedAct": "FIX_IN_HALO"
          },
          {
            "__typename": "HaloReconciliationFinding",
            "client": {
              "__typename": "Client",
              "id": "client_00000000000000000000000000000004",
              "name": "Dogwood"
            },
            "haloCustomer": {
              "__typename": "HaloCustomer",
              "haloId": 44,
              "name": "Dogwood",
              "topLevelName": null
            },
            "haloSubscriptionId": 9005,
            "kind": "NOT_ON_INVOICE",
            "lastSyncedQuantity": 4,
            "message": "No recurring invoice bills the client's subscription at Dogwood.",
            "quantityInHalo": 4,
            "recurringInvoiceId": null,
            "remedy": "Add the subscription to a recurring invoice in Halo.",
            "suggestedAct": "FIX_IN_HALO"
          }
        ],
        "notBilledCount": 3,
        "rightCount": 3,
        "subscriptionCount": 4
      },
      "id": "partner_00000000000000000000000000000001"
    }
  } satisfies types.LatestReconciliationQuery as types.LatestReconciliationQuery,
  /** What the server answers to `MappingSuggestions`. */
  MappingSuggestions: {
    "partner": {
      "__typename": "Partner",
      "haloMappingSuggestions": {
        "__typename": "HaloMappingSuggestionConnection",
        "counts": {
          "__typename": "HaloMappingSuggestionCounts",
          "ambiguous": 0,
          "exact": 1,
          "none": 0,
          "similar": 0
        },
        "customersReadAt": "2026-11-24T09:00:00.000Z",
        "edges": [
          {
            "__typename": "HaloMappingSuggestionEdge",
            "cursor": "cursor-44",
            "node": {
              "__typename": "HaloMappingSuggestion",
              "candidates": [
                {
                  "__typename": "HaloMappingCandidate",
                  "customer": {
                    "__typename": "HaloCustomer",
                    "address": null,
                    "associatedClients": [],
                    "domain": null,
                    "haloId": 45,
                    "name": "Fir",
                    "phone": null,
                    "siteName": null,
                    "topLevelName": "Customers"
                  },
                  "reason": "SAME_NAME",
                  "score": 100
                }
              ],
              "client": {
                "__typename": "Client",
                "activeUserCount": 7,
                "externalId": "northwind/Fir",
                "id": "client_00000000000000000000000000000002",
                "name": "Fir"
              },
              "kind": "EXACT"
            }
          }
        ],
        "pageInfo": {
          "__typename": "PageInfo",
          "endCursor": "cursor-44",
          "hasNextPage": false
        },
        "totalCount": 1
      },
      "id": "partner_00000000000000000000000000000001"
    }
  } satisfies types.MappingSuggestionsQuery as types.MappingSuggestionsQuery,
  /** What the server answers to `MappingTable`. */
  MappingTable: {
    "partner": {
      "__typename": "Partner",
      "clientCounts": {
        "__typename": "ClientCounts",
        "excluded": 0,
        "mapped": 5,
        "needingAttention": 2,
        "total": 7,
        "unmapped": 2
      },
      "clients": {
        "__typename": "ClientConnection",
        "edges": [
          {
            "__typename": "ClientEdge",
            "cursor": "cursor-30",
            "node": {
              "__typename": "Client",
              "activeUserCount": 4,
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
                "id": "association_00000000000000000000000000000006",
                "lastSyncedAt": "2026-11-24T09:00:00.000Z",
                "lastSyncedQuantity": 4,
                "problem": null,
                "status": "ACTIVE",
                "subscription": {
                  "__typename": "HaloSubscription",
                  "billing": "NOT_ON_RECURRING_INVOICE",
                  "haloId": 9002,
                  "name": "INFIMA Security Awareness Training",
                  "observedAt": "2026-11-24T09:00:00.000Z",
                  "quantity": 4,
                  "url": "https://northwind.halopsa.com/customer?clientid=41"
                }
              },
              "haloExclusion": null,
              "id": "client_00000000000000000000000000000006",
              "name": "Alder"
            }
          },
          {
            "__typename": "ClientEdge",
            "cursor": "cursor-31",
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
                "id": "association_00000000000000000000000000000005",
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
              "haloExclusion": null,
              "id": "client_00000000000000000000000000000007",
              "name": "Birch"
            }
          },
          {
            "__typename": "ClientEdge",
            "cursor": "cursor-32",
            "node": {
              "__typename": "Client",
              "activeUserCount": 2,
              "archived": false,
              "externalId": "northwind/Cedar",
              "haloAssociation": {
                "__typename": "HaloClientAssociation",
                "ending": null,
                "haloCustomer": {
                  "__typename": "HaloCustomer",
                  "haloId": 43,
                  "name": "Cedar",
                  "topLevelName": "Customers"
                },
                "id": "association_00000000000000000000000000000001",
                "lastSyncedAt": "2026-11-24T09:00:00.000Z",
                "lastSyncedQuantity": 2,
                "problem": {
                  "__typename": "HaloProblem",
                  "code": "SUBSCRIPTION_DELETED",
                  "guideStep": "Subscription Management",
                  "guideUrl": null,
                  "haloSubscriptionIds": [],
                  "heldQuantity": null,
                  "message": "The subscription was deleted in Halo.",
                  "remedy": "Have a new subscription created, or remove the association.",
                  "since": "2026-11-24T09:00:00.000Z"
                },
                "status": "NEEDS_ATTENTION",
                "subscription": {
                  "__typename": "HaloSubscription",
                  "billing": "NOT_ON_RECURRING_INVOICE",
                  "haloId": 9004,
                  "name": "INFIMA Security Awareness Training",
                  "observedAt": "2026-11-24T09:00:00.000Z",
                  "quantity": 2,
                  "url": "https://northwind.halopsa.com/customer?clientid=43"
                }
              },
              "haloExclusion": null,
              "id": "client_00000000000000000000000000000001",
              "name": "Cedar"
            }
          },
          {
            "__typename": "ClientEdge",
            "cursor": "cursor-33",
            "node": {
              "__typename": "Client",
              "activeUserCount": 4,
              "archived": false,
              "externalId": "northwind/Dogwood",
              "haloAssociation": {
                "__typename": "HaloClientAssociation",
                "ending": "SET_TO_ZERO",
                "haloCustomer": {
                  "__typename": "HaloCustomer",
                  "haloId": 44,
                  "name": "Dogwood",
                  "topLevelName": "Customers"
                },
                "id": "association_00000000000000000000000000000003",
                "lastSyncedAt": "2026-11-24T09:00:00.000Z",
                "lastSyncedQuantity": 4,
                "problem": null,
                "status": "ENDING",
                "subscription": {
                  "__typename": "HaloSubscription",
                  "billing": "NOT_ON_RECURRING_INVOICE",
                  "haloId": 9005,
                  "name": "INFIMA Security Awareness Training",
                  "observedAt": "2026-11-24T09:00:00.000Z",
                  "quantity": 4,
                  "url": "https://northwind.halopsa.com/customer?clientid=44"
                }
              },
              "haloExclusion": null,
              "id": "client_00000000000000000000000000000004",
              "name": "Dogwood"
            }
          },
          {
            "__typename": "ClientEdge",
            "cursor": "cursor-45",
            "node": {
              "__typename": "Client",
              "activeUserCount": 7,
              "archived": false,
              "externalId": "northwind/Fir",
              "haloAssociation": null,
              "haloExclusion": null,
              "id": "client_00000000000000000000000000000002",
              "name": "Fir"
            }
          },
          {
            "__typename": "ClientEdge",
            "cursor": "cursor-34",
            "node": {
              "__typename": "Client",
              "activeUserCount": 6,
              "archived": false,
              "externalId": "northwind/Grove",
              "haloAssociation": {
                "__typename": "HaloClientAssociation",
                "ending": null,
                "haloCustomer": {
                  "__typename": "HaloCustomer",
                  "haloId": 46,
                  "name": "Grove",
                  "topLevelName": "Customers"
                },
                "id": "association_00000000000000000000000000000002",
                "lastSyncedAt": null,
                "lastSyncedQuantity": null,
                "problem": null,
                "status": "PENDING",
                "subscription": null
              },
              "haloExclusion": null,
              "id": "client_00000000000000000000000000000003",
              "name": "Grove"
            }
          },
          {
            "__typename": "ClientEdge",
            "cursor": "cursor-35",
            "node": {
              "__typename": "Client",
              "activeUserCount": 9,
              "archived": false,
              "externalId": "northwind/Hazel",
              "haloAssociation": {
                "__typename": "HaloClientAssociation",
                "ending": null,
                "haloCustomer": {
                  "__typename": "HaloCustomer",
                  "haloId": 49,
                  "name": "Elder",
                  "topLevelName": "Customers"
                },
                "id": "association_00000000000000000000000000000004",
                "lastSyncedAt": null,
                "lastSyncedQuantity": null,
                "problem": {
                  "__typename": "HaloProblem",
                  "code": "SUBSCRIPTION_EXISTS",
                  "guideStep": "Map INFIMA Clients to Halo Clients",
                  "guideUrl": null,
                  "haloSubscriptionIds": [
                    9001
                  ],
                  "heldQuantity": null,
                  "message": "The customer already has an INFIMA subscription (9001) that no client uses.",
                  "remedy": "Choose the subscription to use, or have a new one created.",
                  "since": "2026-11-24T09:00:00.000Z"
                },
                "status": "NEEDS_ATTENTION",
                "subscription": null
              },
              "haloExclusion": null,
              "id": "client_00000000000000000000000000000005",
              "name": "Hazel"
            }
          }
        ],
        "pageInfo": {
          "__typename": "PageInfo",
          "endCursor": "cursor-35",
          "hasNextPage": false
        },
        "totalCount": 7
      },
      "id": "partner_00000000000000000000000000000001"
    }
  } satisfies types.MappingTableQuery as types.MappingTableQuery,
  /** What the server answers to `PauseSyncs`. */
  PauseSyncs: {
    "pauseHaloSyncs": {
      "__typename": "PauseHaloSyncsPayload",
      "partner": {
        "__typename": "Partner",
        "haloConnection": {
          "__typename": "HaloConnection",
          "id": "connection_00000000000000000000000000000001",
          "nextNightlySyncAt": "2026-11-25T02:17:00.000Z"
        },
        "haloSyncPause": {
          "__typename": "HaloSyncPause",
          "endsAt": "2026-11-24T09:00:00.000Z",
          "pausedAt": "2026-11-24T09:00:00.000Z",
          "pausedBy": {
            "__typename": "Actor",
            "name": "Ada Admin",
            "role": "PARTNER_ADMIN"
          },
          "reason": "New prices from January on",
          "until": "2027-01-04"
        },
        "id": "partner_00000000000000000000000000000001"
      },
      "userErrors": []
    }
  } satisfies types.PauseSyncsMutation as types.PauseSyncsMutation,
  /** What the server answers to `ProblemInbox`. */
  ProblemInbox: {
    "partner": {
      "__typename": "Partner",
      "haloProblemCounts": {
        "__typename": "HaloProblemCounts",
        "acknowledged": 0,
        "changedSinceYesterday": 3,
        "open": 2,
        "snoozed": 0
      },
      "haloProblems": {
        "__typename": "HaloProblemRecordConnection",
        "edges": [
          {
            "__typename": "HaloProblemRecordEdge",
            "cursor": "cursor-46",
            "node": {
              "__typename": "HaloProblemRecord",
              "acknowledgement": null,
              "association": {
                "__typename": "HaloClientAssociation",
                "id": "association_00000000000000000000000000000001",
                "status": "NEEDS_ATTENTION"
              },
              "changedAt": "2026-11-24T09:00:00.000Z",
              "client": {
                "__typename": "Client",
                "externalId": "northwind/Cedar",
                "id": "client_00000000000000000000000000000001",
                "name": "Cedar"
              },
              "closedAt": null,
              "consequence": "NO_SUBSCRIPTION",
              "consequenceMessage": "The client has no subscription in Halo, so it is not billed.",
              "firstSeenAt": "2026-11-24T09:00:00.000Z",
              "id": "problem_00000000000000000000000000000001",
              "lastSeenAt": "2026-11-24T09:00:00.000Z",
              "problem": {
                "__typename": "HaloProblem",
                "code": "SUBSCRIPTION_DELETED",
                "guideStep": "Subscription Management",
                "guideUrl": null,
                "haloSubscriptionIds": [],
                "heldQuantity": null,
                "message": "The subscription was deleted in Halo.",
                "remedy": "Have a new subscription created, or remove the association.",
                "since": "2026-11-24T09:00:00.000Z"
              },
              "snoozedUntil": null,
              "state": "OPEN",
              "suggestedAct": "RECREATE_SUBSCRIPTION",
              "waitsFor": "PARTNER"
            }
          }
        ],
        "pageInfo": {
          "__typename": "PageInfo",
          "endCursor": "cursor-46",
          "hasNextPage": false
        },
        "totalCount": 1
      },
      "id": "partner_00000000000000000000000000000001"
    }
  } satisfies types.ProblemInboxQuery as types.ProblemInboxQuery,
  /** What the server answers to `RecheckProblem`. */
  RecheckProblem: {
    "recheckHaloProblem": {
      "__typename": "RecheckHaloProblemPayload",
      "problem": {
        "__typename": "HaloProblemRecord",
        "acknowledgement": null,
        "association": {
          "__typename": "HaloClientAssociation",
          "id": "association_00000000000000000000000000000001",
          "status": "NEEDS_ATTENTION"
        },
        "changedAt": "2026-11-24T09:00:00.000Z",
        "client": {
          "__typename": "Client",
          "externalId": "northwind/Cedar",
          "id": "client_00000000000000000000000000000001",
          "name": "Cedar"
        },
        "closedAt": null,
        "consequence": "NO_SUBSCRIPTION",
        "consequenceMessage": "The client has no subscription in Halo, so it is not billed.",
        "firstSeenAt": "2026-11-24T09:00:00.000Z",
        "id": "problem_00000000000000000000000000000001",
        "lastSeenAt": "2026-11-24T09:00:00.000Z",
        "problem": {
          "__typename": "HaloProblem",
          "code": "SUBSCRIPTION_DELETED",
          "guideStep": "Subscription Management",
          "guideUrl": null,
          "haloSubscriptionIds": [],
          "heldQuantity": null,
          "message": "The subscription was deleted in Halo.",
          "remedy": "Have a new subscription created, or remove the association.",
          "since": "2026-11-24T09:00:00.000Z"
        },
        "snoozedUntil": null,
        "state": "OPEN",
        "suggestedAct": "RECREATE_SUBSCRIPTION",
        "waitsFor": "PARTNER"
      },
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
        "trigger": "ASSOCIATION_ENDED"
      },
      "userErrors": []
    }
  } satisfies types.RecheckProblemMutation as types.RecheckProblemMutation,
  /** What the server answers to `Reconcile`. */
  Reconcile: {
    "reconcileHalo": {
      "__typename": "ReconcileHaloPayload",
      "reconciliation": {
        "__typename": "HaloReconciliation",
        "at": "2026-11-24T09:00:00.000Z",
        "findingCount": 5,
        "findings": [
          {
            "__typename": "HaloReconciliationFinding",
            "client": null,
            "haloCustomer": {
              "__typename": "HaloCustomer",
              "haloId": 49,
              "name": "Elder",
              "topLevelName": null
            },
            "haloSubscriptionId": 9001,
            "kind": "SUBSCRIPTION_WITHOUT_CLIENT",
            "lastSyncedQuantity": null,
            "message": "Elder has a subscription from INFIMA with quantity 7 in Halo, and no client has it.",
            "quantityInHalo": 7,
            "recurringInvoiceId": null,
            "remedy": "Map the client that it belongs to. If it belongs to none, find out who added it before you end it in Halo.",
            "suggestedAct": "MAP_CLIENT"
          },
          {
            "__typename": "HaloReconciliationFinding",
            "client": {
              "__typename": "Client",
              "id": "client_00000000000000000000000000000001",
              "name": "Cedar"
            },
            "haloCustomer": {
              "__typename": "HaloCustomer",
              "haloId": 43,
              "name": "Cedar",
              "topLevelName": null
            },
            "haloSubscriptionId": 9004,
            "kind": "SUBSCRIPTION_MISSING",
            "lastSyncedQuantity": 2,
            "message": "Halo does not show the client's subscription at Cedar.",
            "quantityInHalo": null,
            "recurringInvoiceId": null,
            "remedy": "Request a sync: it finds out whether the subscription was deleted.",
            "suggestedAct": "REQUEST_SYNC"
          },
          {
            "__typename": "HaloReconciliationFinding",
            "client": {
              "__typename": "Client",
              "id": "client_00000000000000000000000000000006",
              "name": "Alder"
            },
            "haloCustomer": {
              "__typename": "HaloCustomer",
              "haloId": 41,
              "name": "Alder",
              "topLevelName": null
            },
            "haloSubscriptionId": 9002,
            "kind": "NOT_ON_INVOICE",
            "lastSyncedQuantity": 4,
            "message": "No recurring invoice bills the client's subscription at Alder.",
            "quantityInHalo": 4,
            "recurringInvoiceId": null,
            "remedy": "Add the subscription to a recurring invoice in Halo.",
            "suggestedAct": "FIX_IN_HALO"
          },
          {
            "__typename": "HaloReconciliationFinding",
            "client": {
              "__typename": "Client",
              "id": "client_00000000000000000000000000000007",
              "name": "Birch"
            },
            "haloCustomer": {
              "__typename": "HaloCustomer",
              "haloId": 42,
              "name": "Birch",
              "topLevelName": null
            },
            "haloSubscriptionId": 9003,
            "kind": "NOT_ON_INVOICE",
            "lastSyncedQuantity": 8,
            "message": "No recurring invoice bills the client's subscription at Birch.",
            "quantityInHalo": 8,
            "recurringInvoiceId": null,
            "remedy": "Add the subscription to a recurring invoice in Halo.",
            "suggestedAct": "FIX_IN_HALO"
          },
          {
            "__typename": "HaloReconciliationFinding",
            "client": {
              "__typename": "Client",
              "id": "client_00000000000000000000000000000004",
              "name": "Dogwood"
            },
            "haloCustomer": {
              "__typename": "HaloCustomer",
              "haloId": 44,
              "name": "Dogwood",
              "topLevelName": null
            },
            "haloSubscriptionId": 9005,
            "kind": "NOT_ON_INVOICE",
            "lastSyncedQuantity": 4,
            "message": "No recurring invoice bills the client's subscription at Dogwood.",
            "quantityInHalo": 4,
            "recurringInvoiceId": null,
            "remedy": "Add the subscription to a recurring invoice in Halo.",
            "suggestedAct": "FIX_IN_HALO"
          }
        ],
        "notBilledCount": 3,
        "rightCount": 3,
        "subscriptionCount": 4
      },
      "userErrors": []
    }
  } satisfies types.ReconcileMutation as types.ReconcileMutation,
  /** What the server answers to `RecreateSubscription`. */
  RecreateSubscription: {
    "recreateHaloSubscription": {
      "__typename": "RecreateHaloSubscriptionPayload",
      "association": {
        "__typename": "HaloClientAssociation",
        "ending": null,
        "haloCustomer": {
          "__typename": "HaloCustomer",
          "haloId": 43,
          "name": "Cedar",
          "topLevelName": "Customers"
        },
        "id": "association_00000000000000000000000000000001",
        "lastSyncedAt": "2026-11-24T09:00:00.000Z",
        "lastSyncedQuantity": 2,
        "problem": null,
        "status": "PENDING",
        "subscription": null
      },
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
        "trigger": "ASSOCIATION_ENDED"
      },
      "userErrors": []
    }
  } satisfies types.RecreateSubscriptionMutation as types.RecreateSubscriptionMutation,
  /** What the server answers to `RegisterWebhook`. */
  RegisterWebhook: {
    "registerHaloWebhook": {
      "__typename": "RegisterHaloWebhookPayload",
      "secret": "whsec_YSBzZWNyZXQgb2YgdGhlIG1vY2tzLCBzaG93biBvbmNlIQ==",
      "userErrors": [],
      "webhook": {
        "__typename": "HaloWebhook",
        "createdAt": "2026-11-24T09:00:00.000Z",
        "disabledAt": null,
        "disabledBecause": null,
        "eventTypes": [
          "SYNC_FAILED",
          "PROBLEM_OPENED",
          "PROBLEM_RESOLVED",
          "NIGHT_FINISHED",
          "EXCLUSION_ENDED"
        ],
        "failingSince": null,
        "id": "webhook_00000000000000000000000000000001",
        "secrets": [
          {
            "__typename": "HaloWebhookSecret",
            "createdAt": "2026-11-24T09:00:00.000Z",
            "id": "secret_00000000000000000000000000000001"
          }
        ],
        "state": "ACTIVE",
        "url": "https://8.8.8.8/hooks/infima",
        "willBeDisabledAt": null
      }
    }
  } satisfies types.RegisterWebhookMutation as types.RegisterWebhookMutation,
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
            "id": "association_00000000000000000000000000000003"
          },
          "id": "client_00000000000000000000000000000004"
        },
        "ending": "SET_TO_ZERO",
        "haloCustomer": {
          "__typename": "HaloCustomer",
          "haloId": 44,
          "name": "Dogwood",
          "topLevelName": "Customers"
        },
        "id": "association_00000000000000000000000000000003",
        "lastSyncedAt": "2026-11-24T09:00:00.000Z",
        "lastSyncedQuantity": 4,
        "problem": null,
        "status": "ENDING",
        "subscription": {
          "__typename": "HaloSubscription",
          "billing": "NOT_ON_RECURRING_INVOICE",
          "haloId": 9005,
          "name": "INFIMA Security Awareness Training",
          "observedAt": "2026-11-24T09:00:00.000Z",
          "quantity": 4,
          "url": "https://northwind.halopsa.com/customer?clientid=44"
        }
      },
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
        "trigger": "ASSOCIATION_ENDED"
      },
      "userErrors": []
    }
  } satisfies types.RemoveAssociationMutation as types.RemoveAssociationMutation,
  /** What the server answers to `RemoveWebhook`. */
  RemoveWebhook: {
    "removeHaloWebhook": {
      "__typename": "RemoveHaloWebhookPayload",
      "removedWebhookId": "webhook_00000000000000000000000000000001",
      "userErrors": []
    }
  } satisfies types.RemoveWebhookMutation as types.RemoveWebhookMutation,
  /** What the server answers to `RemoveWebhookSecret`. */
  RemoveWebhookSecret: {
    "removeHaloWebhookSecret": {
      "__typename": "RemoveHaloWebhookSecretPayload",
      "userErrors": [],
      "webhook": {
        "__typename": "HaloWebhook",
        "createdAt": "2026-11-24T09:00:00.000Z",
        "disabledAt": null,
        "disabledBecause": null,
        "eventTypes": [
          "SYNC_FAILED",
          "PROBLEM_OPENED",
          "PROBLEM_RESOLVED",
          "NIGHT_FINISHED",
          "EXCLUSION_ENDED"
        ],
        "failingSince": null,
        "id": "webhook_00000000000000000000000000000001",
        "secrets": [
          {
            "__typename": "HaloWebhookSecret",
            "createdAt": "2026-11-24T09:00:00.000Z",
            "id": "secret_00000000000000000000000000000002"
          }
        ],
        "state": "ACTIVE",
        "url": "https://8.8.8.8/hooks/infima",
        "willBeDisabledAt": null
      }
    }
  } satisfies types.RemoveWebhookSecretMutation as types.RemoveWebhookSecretMutation,
  /** What the server answers to `ReplayWebhookDelivery`. */
  ReplayWebhookDelivery: {
    "replayHaloWebhookDelivery": {
      "__typename": "ReplayHaloWebhookDeliveryPayload",
      "delivery": {
        "__typename": "HaloWebhookDelivery",
        "attempts": 0,
        "eventType": "TEST",
        "id": "delivery_00000000000000000000000000000001",
        "lastAttemptAt": "2026-11-24T09:00:00.000Z",
        "lastError": "NOT_ACCEPTED",
        "lastErrorMessage": "The receiver answered with a status that is no success (200 to 299).",
        "lastStatus": 503,
        "nextAttemptAt": "2026-11-24T09:00:00.000Z",
        "payload": "{\"data\":{\"partnerId\":\"partner_00000000000000000000000000000001\",\"webhookId\":\"webhook_00000000000000000000000000000001\"},\"timestamp\":\"2026-11-24T09:00:00.000Z\",\"type\":\"halo.webhook.test\"}",
        "state": "PENDING"
      },
      "userErrors": []
    }
  } satisfies types.ReplayWebhookDeliveryMutation as types.ReplayWebhookDeliveryMutation,
  /** What the server answers to `ResolveSubscription`. */
  ResolveSubscription: {
    "resolveHaloSubscription": {
      "__typename": "ResolveHaloSubscriptionPayload",
      "association": {
        "__typename": "HaloClientAssociation",
        "ending": null,
        "haloCustomer": {
          "__typename": "HaloCustomer",
          "haloId": 49,
          "name": "Elder",
          "topLevelName": "Customers"
        },
        "id": "association_00000000000000000000000000000004",
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
          "url": "https://northwind.halopsa.com/customer?clientid=49"
        }
      },
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
        "trigger": "ASSOCIATION_ENDED"
      },
      "userErrors": []
    }
  } satisfies types.ResolveSubscriptionMutation as types.ResolveSubscriptionMutation,
  /** What the server answers to `ResumeSyncs`. */
  ResumeSyncs: {
    "resumeHaloSyncs": {
      "__typename": "ResumeHaloSyncsPayload",
      "partner": {
        "__typename": "Partner",
        "haloConnection": {
          "__typename": "HaloConnection",
          "id": "connection_00000000000000000000000000000001",
          "nextNightlySyncAt": "2026-11-25T02:17:00.000Z"
        },
        "haloSyncPause": null,
        "id": "partner_00000000000000000000000000000001"
      },
      "run": {
        "__typename": "HaloSyncRun",
        "finishedAt": null,
        "id": "run_00000000000000000000000000000006",
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
  } satisfies types.ResumeSyncsMutation as types.ResumeSyncsMutation,
  /** What the server answers to `RotateWebhookSecret`. */
  RotateWebhookSecret: {
    "rotateHaloWebhookSecret": {
      "__typename": "RotateHaloWebhookSecretPayload",
      "secret": "whsec_YSBzZWNyZXQgb2YgdGhlIG1vY2tzLCBzaG93biBvbmNlIQ==",
      "userErrors": [],
      "webhook": {
        "__typename": "HaloWebhook",
        "createdAt": "2026-11-24T09:00:00.000Z",
        "disabledAt": null,
        "disabledBecause": null,
        "eventTypes": [
          "SYNC_FAILED",
          "PROBLEM_OPENED",
          "PROBLEM_RESOLVED",
          "NIGHT_FINISHED",
          "EXCLUSION_ENDED"
        ],
        "failingSince": null,
        "id": "webhook_00000000000000000000000000000001",
        "secrets": [
          {
            "__typename": "HaloWebhookSecret",
            "createdAt": "2026-11-24T09:00:00.000Z",
            "id": "secret_00000000000000000000000000000001"
          },
          {
            "__typename": "HaloWebhookSecret",
            "createdAt": "2026-11-24T09:00:00.000Z",
            "id": "secret_00000000000000000000000000000002"
          }
        ],
        "state": "ACTIVE",
        "url": "https://8.8.8.8/hooks/infima",
        "willBeDisabledAt": null
      }
    }
  } satisfies types.RotateWebhookSecretMutation as types.RotateWebhookSecretMutation,
  /** What the server answers to `RunChanges`. */
  RunChanges: {
    "haloSyncRun": {
      "__typename": "HaloSyncRun",
      "changedClientIds": [],
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
      "trigger": "ON_DEMAND"
    }
  } satisfies types.RunChangesSubscription as types.RunChangesSubscription,
  /** What the server answers to `RunProgress`. */
  RunProgress: {
    "haloSyncRun": {
      "__typename": "HaloSyncRun",
      "finishedAt": "2026-11-24T09:00:05.000Z",
      "id": "run_00000000000000000000000000000005",
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
      "id": "run_00000000000000000000000000000005",
      "results": {
        "__typename": "HaloSyncResultConnection",
        "edges": [
          {
            "__typename": "HaloSyncResultEdge",
            "cursor": "cursor-27",
            "node": {
              "__typename": "HaloSyncResult",
              "at": "2026-11-24T09:00:00.000Z",
              "changedInHalo": true,
              "client": {
                "__typename": "Client",
                "id": "client_00000000000000000000000000000006",
                "name": "Alder"
              },
              "haloCustomer": {
                "__typename": "HaloCustomer",
                "haloId": 41,
                "name": "Alder"
              },
              "outcome": "UPDATED",
              "problem": {
                "__typename": "HaloProblem",
                "code": "QUANTITY_CHANGED_IN_HALO",
                "guideStep": "Subscription Management",
                "guideUrl": null,
                "message": "The quantity was changed in Halo. INFIMA keeps it at the active user count.",
                "remedy": null,
                "since": "2026-11-24T09:00:00.000Z"
              },
              "quantityAfter": 4,
              "quantityBefore": 30,
              "userCounts": {
                "__typename": "UserCounts",
                "archived": 1,
                "clientArchived": 0,
                "counted": 4,
                "deactivated": 1,
                "sameAddress": 1
              }
            }
          },
          {
            "__typename": "HaloSyncResultEdge",
            "cursor": "cursor-47",
            "node": {
              "__typename": "HaloSyncResult",
              "at": "2026-11-24T09:00:00.000Z",
              "changedInHalo": false,
              "client": {
                "__typename": "Client",
                "id": "client_00000000000000000000000000000007",
                "name": "Birch"
              },
              "haloCustomer": {
                "__typename": "HaloCustomer",
                "haloId": 42,
                "name": "Birch"
              },
              "outcome": "UPDATED",
              "problem": null,
              "quantityAfter": 8,
              "quantityBefore": 5,
              "userCounts": {
                "__typename": "UserCounts",
                "archived": 0,
                "clientArchived": 0,
                "counted": 8,
                "deactivated": 0,
                "sameAddress": 0
              }
            }
          }
        ],
        "pageInfo": {
          "__typename": "PageInfo",
          "endCursor": "cursor-47",
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
            "id": "client_00000000000000000000000000000003"
          },
          "ending": null,
          "haloCustomer": {
            "__typename": "HaloCustomer",
            "haloId": 46,
            "name": "Grove",
            "topLevelName": "Customers"
          },
          "id": "association_00000000000000000000000000000002",
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
        "trigger": "ASSOCIATION_ENDED"
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
          "guideUrl": null,
          "message": "Halo PSA URL: a Halo answers there.",
          "outcome": "GRANTED",
          "required": true,
          "subject": "ADDRESS"
        },
        {
          "__typename": "HaloConnectionCheck",
          "guideStep": "Creating an Application",
          "guideUrl": null,
          "message": "Client ID and Client Secret: Halo accepts them.",
          "outcome": "GRANTED",
          "required": true,
          "subject": "CREDENTIALS"
        },
        {
          "__typename": "HaloConnectionCheck",
          "guideStep": "Creating an API Agent",
          "guideUrl": null,
          "message": "Customers Access Level: Read Only: works. Halo shows the agent its customers.",
          "outcome": "GRANTED",
          "required": true,
          "subject": "AGENT_CUSTOMERS"
        },
        {
          "__typename": "HaloConnectionCheck",
          "guideStep": "Creating an API Agent",
          "guideUrl": null,
          "message": "Users Access Level: Read Only: in the guide, not used by this integration, not checked.",
          "outcome": "UNKNOWN",
          "required": false,
          "subject": "AGENT_USERS"
        },
        {
          "__typename": "HaloConnectionCheck",
          "guideStep": "Creating an API Agent",
          "guideUrl": null,
          "message": "Software Licencing Access Level: Read And Modify: works. Halo has accepted a subscription that INFIMA wrote.",
          "outcome": "GRANTED",
          "required": true,
          "subject": "AGENT_SOFTWARE_LICENCING"
        },
        {
          "__typename": "HaloConnectionCheck",
          "guideStep": "Creating an Application",
          "guideUrl": null,
          "message": "read:customers: works. Halo answers the application's request for customers.",
          "outcome": "GRANTED",
          "required": true,
          "subject": "READ_CUSTOMERS"
        },
        {
          "__typename": "HaloConnectionCheck",
          "guideStep": "Creating an Application",
          "guideUrl": null,
          "message": "read:invoices: works. Halo grants it to the application.",
          "outcome": "GRANTED",
          "required": false,
          "subject": "READ_INVOICES"
        },
        {
          "__typename": "HaloConnectionCheck",
          "guideStep": "Creating an Application",
          "guideUrl": null,
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
            "guideUrl": null,
            "message": "Halo PSA URL: a Halo answers there.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "ADDRESS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "Client ID and Client Secret: Halo accepts them.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "CREDENTIALS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Customers Access Level: Read Only: works. Halo shows the agent its customers.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "AGENT_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Users Access Level: Read Only: in the guide, not used by this integration, not checked.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "AGENT_USERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Software Licencing Access Level: Read And Modify: works. Halo has accepted a subscription that INFIMA wrote.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "AGENT_SOFTWARE_LICENCING"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "read:customers: works. Halo answers the application's request for customers.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "READ_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "read:invoices: works. Halo grants it to the application.",
            "outcome": "GRANTED",
            "required": false,
            "subject": "READ_INVOICES"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
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
        "trigger": "ASSOCIATION_ENDED"
      },
      "userErrors": []
    }
  } satisfies types.SaveConnectionMutation as types.SaveConnectionMutation,
  /** What the server answers to `SendTestWebhook`. */
  SendTestWebhook: {
    "sendTestHaloWebhook": {
      "__typename": "SendTestHaloWebhookPayload",
      "delivery": {
        "__typename": "HaloWebhookDelivery",
        "attempts": 0,
        "eventType": "TEST",
        "id": "delivery_00000000000000000000000000000001",
        "lastAttemptAt": null,
        "lastError": null,
        "lastErrorMessage": null,
        "lastStatus": null,
        "nextAttemptAt": "2026-11-24T09:00:00.000Z",
        "payload": "{\"data\":{\"partnerId\":\"partner_00000000000000000000000000000001\",\"webhookId\":\"webhook_00000000000000000000000000000001\"},\"timestamp\":\"2026-11-24T09:00:00.000Z\",\"type\":\"halo.webhook.test\"}",
        "state": "PENDING"
      },
      "userErrors": []
    }
  } satisfies types.SendTestWebhookMutation as types.SendTestWebhookMutation,
  /** What the server answers to `SnoozeProblem`. */
  SnoozeProblem: {
    "snoozeHaloProblem": {
      "__typename": "SnoozeHaloProblemPayload",
      "problem": {
        "__typename": "HaloProblemRecord",
        "acknowledgement": {
          "__typename": "HaloProblemAcknowledgement",
          "at": "2026-11-24T09:00:00.000Z",
          "by": {
            "__typename": "Actor",
            "name": "Ada Admin",
            "role": "PARTNER_ADMIN"
          },
          "note": "They deleted it by mistake"
        },
        "association": {
          "__typename": "HaloClientAssociation",
          "id": "association_00000000000000000000000000000001",
          "status": "NEEDS_ATTENTION"
        },
        "changedAt": "2026-11-24T09:00:00.000Z",
        "client": {
          "__typename": "Client",
          "externalId": "northwind/Cedar",
          "id": "client_00000000000000000000000000000001",
          "name": "Cedar"
        },
        "closedAt": null,
        "consequence": "NO_SUBSCRIPTION",
        "consequenceMessage": "The client has no subscription in Halo, so it is not billed.",
        "firstSeenAt": "2026-11-24T09:00:00.000Z",
        "id": "problem_00000000000000000000000000000001",
        "lastSeenAt": "2026-11-24T09:00:00.000Z",
        "problem": {
          "__typename": "HaloProblem",
          "code": "SUBSCRIPTION_DELETED",
          "guideStep": "Subscription Management",
          "guideUrl": null,
          "haloSubscriptionIds": [],
          "heldQuantity": null,
          "message": "The subscription was deleted in Halo.",
          "remedy": "Have a new subscription created, or remove the association.",
          "since": "2026-11-24T09:00:00.000Z"
        },
        "snoozedUntil": "2026-11-24T09:00:00.000Z",
        "state": "SNOOZED",
        "suggestedAct": "RECREATE_SUBSCRIPTION",
        "waitsFor": "PARTNER"
      },
      "userErrors": []
    }
  } satisfies types.SnoozeProblemMutation as types.SnoozeProblemMutation,
  /** What the server answers to `SubscriptionNames`. */
  SubscriptionNames: {
    "partner": {
      "__typename": "Partner",
      "clients": {
        "__typename": "ClientConnection",
        "edges": [
          {
            "__typename": "ClientEdge",
            "node": {
              "__typename": "Client",
              "haloSubscriptionName": "INFIMA for Alder",
              "id": "client_00000000000000000000000000000006"
            }
          },
          {
            "__typename": "ClientEdge",
            "node": {
              "__typename": "Client",
              "haloSubscriptionName": "INFIMA for Birch",
              "id": "client_00000000000000000000000000000007"
            }
          },
          {
            "__typename": "ClientEdge",
            "node": {
              "__typename": "Client",
              "haloSubscriptionName": "INFIMA for Cedar",
              "id": "client_00000000000000000000000000000001"
            }
          }
        ]
      },
      "id": "partner_00000000000000000000000000000001"
    }
  } satisfies types.SubscriptionNamesQuery as types.SubscriptionNamesQuery,
  /** What the server answers to `SyncHistory`. */
  SyncHistory: {
    "partner": {
      "__typename": "Partner",
      "haloSyncRuns": {
        "__typename": "HaloSyncRunConnection",
        "edges": [
          {
            "__typename": "HaloSyncRunEdge",
            "cursor": "cursor-48",
            "node": {
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
              "trigger": "ASSOCIATION_ENDED"
            }
          },
          {
            "__typename": "HaloSyncRunEdge",
            "cursor": "cursor-49",
            "node": {
              "__typename": "HaloSyncRun",
              "finishedAt": "2026-11-24T09:00:05.000Z",
              "id": "run_00000000000000000000000000000003",
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
          },
          {
            "__typename": "HaloSyncRunEdge",
            "cursor": "cursor-50",
            "node": {
              "__typename": "HaloSyncRun",
              "finishedAt": "2026-11-24T09:00:05.000Z",
              "id": "run_00000000000000000000000000000004",
              "nextAttemptAt": null,
              "pollAfterMs": null,
              "problem": null,
              "progress": {
                "__typename": "HaloSyncProgress",
                "done": 4,
                "total": 4
              },
              "queuedAt": "2026-11-24T09:00:00.000Z",
              "requestedBy": {
                "__typename": "Actor",
                "name": "Sam Example",
                "role": "PARTNER_ADMIN"
              },
              "startedAt": "2026-11-24T09:00:01.000Z",
              "status": "SUCCEEDED",
              "summary": {
                "__typename": "HaloSyncSummary",
                "created": 0,
                "failed": 0,
                "skipped": 0,
                "unchanged": 4,
                "updated": 0
              },
              "trigger": "ON_DEMAND"
            }
          },
          {
            "__typename": "HaloSyncRunEdge",
            "cursor": "cursor-51",
            "node": {
              "__typename": "HaloSyncRun",
              "finishedAt": "2026-11-24T09:00:05.000Z",
              "id": "run_00000000000000000000000000000005",
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
            "cursor": "cursor-52",
            "node": {
              "__typename": "HaloSyncRun",
              "finishedAt": "2026-11-24T09:00:05.000Z",
              "id": "run_00000000000000000000000000000006",
              "nextAttemptAt": null,
              "pollAfterMs": null,
              "problem": null,
              "progress": {
                "__typename": "HaloSyncProgress",
                "done": 4,
                "total": 4
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
                "unchanged": 4,
                "updated": 0
              },
              "trigger": "ON_DEMAND"
            }
          },
          {
            "__typename": "HaloSyncRunEdge",
            "cursor": "cursor-53",
            "node": {
              "__typename": "HaloSyncRun",
              "finishedAt": "2026-11-24T09:00:05.000Z",
              "id": "run_00000000000000000000000000000007",
              "nextAttemptAt": null,
              "pollAfterMs": null,
              "problem": null,
              "progress": {
                "__typename": "HaloSyncProgress",
                "done": 4,
                "total": 4
              },
              "queuedAt": "2026-11-24T09:00:00.000Z",
              "requestedBy": {
                "__typename": "Actor",
                "name": "Sam Example",
                "role": "PARTNER_ADMIN"
              },
              "startedAt": "2026-11-24T09:00:01.000Z",
              "status": "SUCCEEDED",
              "summary": {
                "__typename": "HaloSyncSummary",
                "created": 4,
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
          "endCursor": "cursor-53",
          "hasNextPage": false
        },
        "totalCount": 6
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
        "trigger": "ASSOCIATION_ENDED"
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
          "action": "NO_CHANGE",
          "activeUserCount": 4,
          "association": {
            "__typename": "HaloClientAssociation",
            "id": "association_00000000000000000000000000000006"
          },
          "changedInHalo": false,
          "client": {
            "__typename": "Client",
            "id": "client_00000000000000000000000000000006",
            "name": "Alder"
          },
          "haloCustomer": {
            "__typename": "HaloCustomer",
            "haloId": 41,
            "name": "Alder"
          },
          "observedAt": null,
          "problem": null,
          "quantityAfter": 4,
          "quantityInHalo": 4
        },
        {
          "__typename": "HaloSyncPreviewEntry",
          "action": "NO_CHANGE",
          "activeUserCount": 8,
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
          "haloCustomer": {
            "__typename": "HaloCustomer",
            "haloId": 42,
            "name": "Birch"
          },
          "observedAt": null,
          "problem": null,
          "quantityAfter": 8,
          "quantityInHalo": 8
        },
        {
          "__typename": "HaloSyncPreviewEntry",
          "action": "REPORT",
          "activeUserCount": 2,
          "association": {
            "__typename": "HaloClientAssociation",
            "id": "association_00000000000000000000000000000001"
          },
          "changedInHalo": false,
          "client": {
            "__typename": "Client",
            "id": "client_00000000000000000000000000000001",
            "name": "Cedar"
          },
          "haloCustomer": {
            "__typename": "HaloCustomer",
            "haloId": 43,
            "name": "Cedar"
          },
          "observedAt": null,
          "problem": {
            "__typename": "HaloProblem",
            "code": "SUBSCRIPTION_DELETED",
            "guideStep": "Subscription Management",
            "guideUrl": null,
            "message": "The subscription was deleted in Halo.",
            "remedy": "Have a new subscription created, or remove the association.",
            "since": "2026-11-24T09:00:00.000Z"
          },
          "quantityAfter": null,
          "quantityInHalo": null
        },
        {
          "__typename": "HaloSyncPreviewEntry",
          "action": "END",
          "activeUserCount": 0,
          "association": {
            "__typename": "HaloClientAssociation",
            "id": "association_00000000000000000000000000000003"
          },
          "changedInHalo": false,
          "client": {
            "__typename": "Client",
            "id": "client_00000000000000000000000000000004",
            "name": "Dogwood"
          },
          "haloCustomer": {
            "__typename": "HaloCustomer",
            "haloId": 44,
            "name": "Dogwood"
          },
          "observedAt": null,
          "problem": null,
          "quantityAfter": 0,
          "quantityInHalo": 4
        },
        {
          "__typename": "HaloSyncPreviewEntry",
          "action": "CREATE",
          "activeUserCount": 6,
          "association": {
            "__typename": "HaloClientAssociation",
            "id": "association_00000000000000000000000000000002"
          },
          "changedInHalo": false,
          "client": {
            "__typename": "Client",
            "id": "client_00000000000000000000000000000003",
            "name": "Grove"
          },
          "haloCustomer": {
            "__typename": "HaloCustomer",
            "haloId": 46,
            "name": "Grove"
          },
          "observedAt": null,
          "problem": null,
          "quantityAfter": 6,
          "quantityInHalo": null
        },
        {
          "__typename": "HaloSyncPreviewEntry",
          "action": "REPORT",
          "activeUserCount": 9,
          "association": {
            "__typename": "HaloClientAssociation",
            "id": "association_00000000000000000000000000000004"
          },
          "changedInHalo": false,
          "client": {
            "__typename": "Client",
            "id": "client_00000000000000000000000000000005",
            "name": "Hazel"
          },
          "haloCustomer": {
            "__typename": "HaloCustomer",
            "haloId": 49,
            "name": "Elder"
          },
          "observedAt": null,
          "problem": {
            "__typename": "HaloProblem",
            "code": "SUBSCRIPTION_EXISTS",
            "guideStep": "Map INFIMA Clients to Halo Clients",
            "guideUrl": null,
            "message": "The customer already has an INFIMA subscription (9001) that no client uses.",
            "remedy": "Choose the subscription to use, or have a new one created.",
            "since": "2026-11-24T09:00:00.000Z"
          },
          "quantityAfter": null,
          "quantityInHalo": null
        }
      ]
    },
    "partner": {
      "__typename": "Partner",
      "haloSyncPause": null,
      "id": "partner_00000000000000000000000000000001"
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
      "haloSyncPause": null,
      "haloSyncSettings": {
        "__typename": "HaloSyncSettings",
        "fallLimitPercent": null,
        "needsUsers": false,
        "nightEnd": "05:00",
        "nightStart": "01:00",
        "nightly": true,
        "subscriptionName": "INFIMA Security Awareness Training",
        "timeZone": "Europe/London"
      },
      "id": "partner_00000000000000000000000000000001"
    },
    "viewer": {
      "__typename": "Viewer",
      "id": "viewer_00000000000000000000000000000001",
      "may": [
        "VIEW_PARTNER",
        "VIEW_USERS",
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
        "RECONCILE",
        "TRIAGE_PROBLEM",
        "UPDATE_SETTINGS",
        "PAUSE_SYNCS",
        "MANAGE_WEBHOOKS",
        "TEST_WEBHOOKS"
      ]
    }
  } satisfies types.SyncSettingsQuery as types.SyncSettingsQuery,
  /** What the server answers to `TestConnection`. */
  TestConnection: {
    "testHaloConnection": {
      "__typename": "TestHaloConnectionPayload",
      "haloConnection": {
        "__typename": "HaloConnection",
        "applicationClientId": "6b3f2a5e-0c1d-4f7a-9e42-5d8c7b6a1f00",
        "checks": [
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Save Halo PSA Connection Details",
            "guideUrl": null,
            "message": "Halo PSA URL: a Halo answers there.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "ADDRESS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "Client ID and Client Secret: Halo accepts them.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "CREDENTIALS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Customers Access Level: Read Only: works. Halo shows the agent its customers.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "AGENT_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Users Access Level: Read Only: in the guide, not used by this integration, not checked.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "AGENT_USERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Software Licencing Access Level: Read And Modify: works. Halo has accepted a subscription that INFIMA wrote.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "AGENT_SOFTWARE_LICENCING"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "read:customers: works. Halo answers the application's request for customers.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "READ_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "read:invoices: works. Halo grants it to the application.",
            "outcome": "GRANTED",
            "required": false,
            "subject": "READ_INVOICES"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
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
      "test": {
        "__typename": "HaloConnectionTest",
        "checks": [
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Save Halo PSA Connection Details",
            "guideUrl": null,
            "message": "Halo PSA URL: a Halo answers there.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "ADDRESS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "Client ID and Client Secret: Halo accepts them.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "CREDENTIALS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Customers Access Level: Read Only: works. Halo shows the agent its customers.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "AGENT_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Users Access Level: Read Only: in the guide, not used by this integration, not checked.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "AGENT_USERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Software Licencing Access Level: Read And Modify: works. Halo has accepted a subscription that INFIMA wrote.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "AGENT_SOFTWARE_LICENCING"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "read:customers: works. Halo answers the application's request for customers.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "READ_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "read:invoices: works. Halo grants it to the application.",
            "outcome": "GRANTED",
            "required": false,
            "subject": "READ_INVOICES"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "edit:softwarelicensing: works. Halo has accepted a subscription that INFIMA wrote.",
            "outcome": "GRANTED",
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
          "fallLimitPercent": null,
          "needsUsers": false,
          "nightEnd": "05:00",
          "nightStart": "01:00",
          "nightly": true,
          "subscriptionName": "INFIMA Security Awareness Training",
          "timeZone": "Europe/London"
        },
        "id": "partner_00000000000000000000000000000001"
      },
      "userErrors": []
    }
  } satisfies types.UpdateSyncSettingsMutation as types.UpdateSyncSettingsMutation,
  /** What the server answers to `UpdateWebhook`. */
  UpdateWebhook: {
    "updateHaloWebhook": {
      "__typename": "UpdateHaloWebhookPayload",
      "userErrors": [],
      "webhook": {
        "__typename": "HaloWebhook",
        "createdAt": "2026-11-24T09:00:00.000Z",
        "disabledAt": "2026-11-24T09:00:00.000Z",
        "disabledBecause": "USER",
        "eventTypes": [
          "SYNC_FAILED",
          "PROBLEM_OPENED",
          "PROBLEM_RESOLVED",
          "NIGHT_FINISHED",
          "EXCLUSION_ENDED"
        ],
        "failingSince": null,
        "id": "webhook_00000000000000000000000000000001",
        "secrets": [
          {
            "__typename": "HaloWebhookSecret",
            "createdAt": "2026-11-24T09:00:00.000Z",
            "id": "secret_00000000000000000000000000000002"
          }
        ],
        "state": "DISABLED",
        "url": "https://8.8.8.8/hooks/infima",
        "willBeDisabledAt": null
      }
    }
  } satisfies types.UpdateWebhookMutation as types.UpdateWebhookMutation,
  /** What the server answers to `WebhookDeliveries`. */
  WebhookDeliveries: {
    "node": {
      "__typename": "HaloWebhook",
      "createdAt": "2026-11-24T09:00:00.000Z",
      "deliveries": {
        "__typename": "HaloWebhookDeliveryConnection",
        "edges": [
          {
            "__typename": "HaloWebhookDeliveryEdge",
            "cursor": "cursor-54",
            "node": {
              "__typename": "HaloWebhookDelivery",
              "attempts": 1,
              "eventType": "TEST",
              "id": "delivery_00000000000000000000000000000001",
              "lastAttemptAt": "2026-11-24T09:00:00.000Z",
              "lastError": "NOT_ACCEPTED",
              "lastErrorMessage": "The receiver answered with a status that is no success (200 to 299).",
              "lastStatus": 503,
              "nextAttemptAt": "2026-11-24T09:00:00.000Z",
              "payload": "{\"data\":{\"partnerId\":\"partner_00000000000000000000000000000001\",\"webhookId\":\"webhook_00000000000000000000000000000001\"},\"timestamp\":\"2026-11-24T09:00:00.000Z\",\"type\":\"halo.webhook.test\"}",
              "state": "PENDING"
            }
          }
        ],
        "pageInfo": {
          "__typename": "PageInfo",
          "endCursor": "cursor-54",
          "hasNextPage": false
        },
        "totalCount": 1
      },
      "disabledAt": null,
      "disabledBecause": null,
      "eventTypes": [
        "SYNC_FAILED",
        "PROBLEM_OPENED",
        "PROBLEM_RESOLVED",
        "NIGHT_FINISHED",
        "EXCLUSION_ENDED"
      ],
      "failingSince": null,
      "id": "webhook_00000000000000000000000000000001",
      "secrets": [
        {
          "__typename": "HaloWebhookSecret",
          "createdAt": "2026-11-24T09:00:00.000Z",
          "id": "secret_00000000000000000000000000000001"
        },
        {
          "__typename": "HaloWebhookSecret",
          "createdAt": "2026-11-24T09:00:00.000Z",
          "id": "secret_00000000000000000000000000000002"
        }
      ],
      "state": "ACTIVE",
      "url": "https://8.8.8.8/hooks/infima",
      "willBeDisabledAt": null
    }
  } satisfies types.WebhookDeliveriesQuery as types.WebhookDeliveriesQuery,
  /** What the server answers to `Webhooks`. */
  Webhooks: {
    "partner": {
      "__typename": "Partner",
      "haloWebhooks": [
        {
          "__typename": "HaloWebhook",
          "createdAt": "2026-11-24T09:00:00.000Z",
          "disabledAt": null,
          "disabledBecause": null,
          "eventTypes": [
            "SYNC_FAILED",
            "PROBLEM_OPENED",
            "PROBLEM_RESOLVED",
            "NIGHT_FINISHED",
            "EXCLUSION_ENDED"
          ],
          "failingSince": null,
          "id": "webhook_00000000000000000000000000000001",
          "secrets": [
            {
              "__typename": "HaloWebhookSecret",
              "createdAt": "2026-11-24T09:00:00.000Z",
              "id": "secret_00000000000000000000000000000001"
            },
            {
              "__typename": "HaloWebhookSecret",
              "createdAt": "2026-11-24T09:00:00.000Z",
              "id": "secret_00000000000000000000000000000002"
            }
          ],
          "state": "ACTIVE",
          "url": "https://8.8.8.8/hooks/infima",
          "willBeDisabledAt": null
        }
      ],
      "id": "partner_00000000000000000000000000000001"
    }
  } satisfies types.WebhooksQuery as types.WebhooksQuery,
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
              "guideUrl": null,
              "message": "Halo PSA URL: a Halo answers there.",
              "outcome": "GRANTED",
              "required": true,
              "subject": "ADDRESS"
            },
            {
              "__typename": "HaloConnectionCheck",
              "guideStep": "Creating an Application",
              "guideUrl": null,
              "message": "Client ID and Client Secret: Halo accepts them.",
              "outcome": "GRANTED",
              "required": true,
              "subject": "CREDENTIALS"
            },
            {
              "__typename": "HaloConnectionCheck",
              "guideStep": "Creating an API Agent",
              "guideUrl": null,
              "message": "Customers Access Level: Read Only: works. Halo shows the agent its customers.",
              "outcome": "GRANTED",
              "required": true,
              "subject": "AGENT_CUSTOMERS"
            },
            {
              "__typename": "HaloConnectionCheck",
              "guideStep": "Creating an API Agent",
              "guideUrl": null,
              "message": "Users Access Level: Read Only: in the guide, not used by this integration, not checked.",
              "outcome": "UNKNOWN",
              "required": false,
              "subject": "AGENT_USERS"
            },
            {
              "__typename": "HaloConnectionCheck",
              "guideStep": "Creating an API Agent",
              "guideUrl": null,
              "message": "Software Licencing Access Level: Read And Modify: works. Halo has accepted a subscription that INFIMA wrote.",
              "outcome": "GRANTED",
              "required": true,
              "subject": "AGENT_SOFTWARE_LICENCING"
            },
            {
              "__typename": "HaloConnectionCheck",
              "guideStep": "Creating an Application",
              "guideUrl": null,
              "message": "read:customers: works. Halo answers the application's request for customers.",
              "outcome": "GRANTED",
              "required": true,
              "subject": "READ_CUSTOMERS"
            },
            {
              "__typename": "HaloConnectionCheck",
              "guideStep": "Creating an Application",
              "guideUrl": null,
              "message": "read:invoices: works. Halo grants it to the application.",
              "outcome": "GRANTED",
              "required": false,
              "subject": "READ_INVOICES"
            },
            {
              "__typename": "HaloConnectionCheck",
              "guideStep": "Creating an Application",
              "guideUrl": null,
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
            "guideUrl": null,
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
          "VIEW_USERS",
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
          "RECONCILE",
          "TRIAGE_PROBLEM",
          "UPDATE_SETTINGS",
          "PAUSE_SYNCS",
          "MANAGE_WEBHOOKS",
          "TEST_WEBHOOKS"
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
              "guideUrl": null,
              "message": "Halo PSA URL: a Halo answers there.",
              "outcome": "GRANTED",
              "required": true,
              "subject": "ADDRESS"
            },
            {
              "__typename": "HaloConnectionCheck",
              "guideStep": "Creating an Application",
              "guideUrl": null,
              "message": "Client ID and Client Secret: Halo accepts them.",
              "outcome": "GRANTED",
              "required": true,
              "subject": "CREDENTIALS"
            },
            {
              "__typename": "HaloConnectionCheck",
              "guideStep": "Creating an API Agent",
              "guideUrl": null,
              "message": "Customers Access Level: Read Only: works. Halo shows the agent its customers.",
              "outcome": "GRANTED",
              "required": true,
              "subject": "AGENT_CUSTOMERS"
            },
            {
              "__typename": "HaloConnectionCheck",
              "guideStep": "Creating an API Agent",
              "guideUrl": null,
              "message": "Users Access Level: Read Only: in the guide, not used by this integration, not checked.",
              "outcome": "UNKNOWN",
              "required": false,
              "subject": "AGENT_USERS"
            },
            {
              "__typename": "HaloConnectionCheck",
              "guideStep": "Creating an API Agent",
              "guideUrl": null,
              "message": "Software Licencing Access Level: Read And Modify: Halo shows its subscriptions. Whether INFIMA may change them will be known with the first subscription that it writes.",
              "outcome": "UNKNOWN",
              "required": true,
              "subject": "AGENT_SOFTWARE_LICENCING"
            },
            {
              "__typename": "HaloConnectionCheck",
              "guideStep": "Creating an Application",
              "guideUrl": null,
              "message": "read:customers: works. Halo answers the application's request for customers.",
              "outcome": "GRANTED",
              "required": true,
              "subject": "READ_CUSTOMERS"
            },
            {
              "__typename": "HaloConnectionCheck",
              "guideStep": "Creating an Application",
              "guideUrl": null,
              "message": "read:invoices: works. Halo grants it to the application.",
              "outcome": "GRANTED",
              "required": false,
              "subject": "READ_INVOICES"
            },
            {
              "__typename": "HaloConnectionCheck",
              "guideStep": "Creating an Application",
              "guideUrl": null,
              "message": "edit:softwarelicensing: Halo shows its subscriptions. Whether INFIMA may change them will be known with the first subscription that it writes.",
              "outcome": "UNKNOWN",
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
            "guideUrl": null,
            "message": "The Halo at this URL has another identity than the one your clients are mapped to, so INFIMA writes nothing. Of 4 subscriptions that INFIMA looked for, it shows 1.",
            "remedy": "If it is the same Halo under another name, confirm here that your associations are carried over. If it is another Halo, have them archived, or save the URL of the Halo that your clients are mapped to.",
            "since": "2026-11-24T09:00:00.000Z"
          },
          "status": "NEEDS_ATTENTION",
          "tenantChange": {
            "__typename": "HaloTenantChange",
            "found": 1,
            "total": 4
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
          "VIEW_USERS",
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
          "RECONCILE",
          "TRIAGE_PROBLEM",
          "UPDATE_SETTINGS",
          "PAUSE_SYNCS",
          "MANAGE_WEBHOOKS",
          "TEST_WEBHOOKS"
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
          "VIEW_USERS",
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
          "RECONCILE",
          "TRIAGE_PROBLEM",
          "UPDATE_SETTINGS",
          "PAUSE_SYNCS",
          "MANAGE_WEBHOOKS",
          "TEST_WEBHOOKS"
        ],
        "name": "Ada Admin",
        "partner": {
          "__typename": "Partner",
          "clientCounts": {
            "__typename": "ClientCounts",
            "mapped": 5,
            "needingAttention": 0,
            "total": 7,
            "unmapped": 2
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
              "guideUrl": null,
              "message": "Halo does not accept the Client ID and Client Secret. It last worked on 24 November 2026, 09:00 UTC. The application may be deleted or inactive, its secret renewed, or its agent removed.",
              "remedy": "In Halo, check that the application is active and its agent exists, then save its Client ID and a new Client Secret here.",
              "since": "2026-11-24T09:00:00.000Z"
            },
            "status": "NEEDS_ATTENTION",
            "url": "https://northwind.halopsa.com"
          },
          "haloSyncPause": null,
          "haloSyncRuns": {
            "__typename": "HaloSyncRunConnection",
            "edges": [
              {
                "__typename": "HaloSyncRunEdge",
                "node": {
                  "__typename": "HaloSyncRun",
                  "finishedAt": "2026-11-24T09:00:05.000Z",
                  "id": "run_00000000000000000000000000000002",
                  "nextAttemptAt": null,
                  "pollAfterMs": null,
                  "problem": {
                    "__typename": "HaloProblem",
                    "code": "CREDENTIALS_REJECTED",
                    "guideStep": "Creating an Application",
                    "guideUrl": null,
                    "message": "Halo does not accept the Client ID and Client Secret. It last worked on 24 November 2026, 09:00 UTC. The application may be deleted or inactive, its secret renewed, or its agent removed.",
                    "remedy": "In Halo, check that the application is active and its agent exists, then save its Client ID and a new Client Secret here.",
                    "since": "2026-11-24T09:00:00.000Z"
                  },
                  "progress": {
                    "__typename": "HaloSyncProgress",
                    "done": 0,
                    "total": 6
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
                  "trigger": "ASSOCIATION_ENDED"
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
  MappingSuggestions: {
    anotherHalo: {
      "partner": {
        "__typename": "Partner",
        "haloMappingSuggestions": {
          "__typename": "HaloMappingSuggestionConnection",
          "counts": {
            "__typename": "HaloMappingSuggestionCounts",
            "ambiguous": 0,
            "exact": 7,
            "none": 0,
            "similar": 0
          },
          "customersReadAt": "2026-11-24T09:00:00.000Z",
          "edges": [
            {
              "__typename": "HaloMappingSuggestionEdge",
              "cursor": "cursor-55",
              "node": {
                "__typename": "HaloMappingSuggestion",
                "candidates": [
                  {
                    "__typename": "HaloMappingCandidate",
                    "customer": {
                      "__typename": "HaloCustomer",
                      "address": null,
                      "associatedClients": [],
                      "domain": null,
                      "haloId": 41,
                      "name": "Alder",
                      "phone": null,
                      "siteName": null,
                      "topLevelName": "Customers"
                    },
                    "reason": "EARLIER_CUSTOMER",
                    "score": 100
                  }
                ],
                "client": {
                  "__typename": "Client",
                  "activeUserCount": 4,
                  "externalId": "northwind/Alder",
                  "id": "client_00000000000000000000000000000006",
                  "name": "Alder"
                },
                "kind": "EXACT"
              }
            },
            {
              "__typename": "HaloMappingSuggestionEdge",
              "cursor": "cursor-56",
              "node": {
                "__typename": "HaloMappingSuggestion",
                "candidates": [
                  {
                    "__typename": "HaloMappingCandidate",
                    "customer": {
                      "__typename": "HaloCustomer",
                      "address": null,
                      "associatedClients": [],
                      "domain": null,
                      "haloId": 42,
                      "name": "Birch",
                      "phone": null,
                      "siteName": null,
                      "topLevelName": "Customers"
                    },
                    "reason": "EARLIER_CUSTOMER",
                    "score": 100
                  }
                ],
                "client": {
                  "__typename": "Client",
                  "activeUserCount": 8,
                  "externalId": "northwind/Birch",
                  "id": "client_00000000000000000000000000000007",
                  "name": "Birch"
                },
                "kind": "EXACT"
              }
            },
            {
              "__typename": "HaloMappingSuggestionEdge",
              "cursor": "cursor-57",
              "node": {
                "__typename": "HaloMappingSuggestion",
                "candidates": [
                  {
                    "__typename": "HaloMappingCandidate",
                    "customer": {
                      "__typename": "HaloCustomer",
                      "address": null,
                      "associatedClients": [],
                      "domain": null,
                      "haloId": 43,
                      "name": "Cedar",
                      "phone": null,
                      "siteName": null,
                      "topLevelName": "Customers"
                    },
                    "reason": "EARLIER_CUSTOMER",
                    "score": 100
                  }
                ],
                "client": {
                  "__typename": "Client",
                  "activeUserCount": 2,
                  "externalId": "northwind/Cedar",
                  "id": "client_00000000000000000000000000000001",
                  "name": "Cedar"
                },
                "kind": "EXACT"
              }
            },
            {
              "__typename": "HaloMappingSuggestionEdge",
              "cursor": "cursor-58",
              "node": {
                "__typename": "HaloMappingSuggestion",
                "candidates": [
                  {
                    "__typename": "HaloMappingCandidate",
                    "customer": {
                      "__typename": "HaloCustomer",
                      "address": null,
                      "associatedClients": [],
                      "domain": null,
                      "haloId": 44,
                      "name": "Dogwood",
                      "phone": null,
                      "siteName": null,
                      "topLevelName": "Customers"
                    },
                    "reason": "EARLIER_CUSTOMER",
                    "score": 100
                  }
                ],
                "client": {
                  "__typename": "Client",
                  "activeUserCount": 4,
                  "externalId": "northwind/Dogwood",
                  "id": "client_00000000000000000000000000000004",
                  "name": "Dogwood"
                },
                "kind": "EXACT"
              }
            },
            {
              "__typename": "HaloMappingSuggestionEdge",
              "cursor": "cursor-44",
              "node": {
                "__typename": "HaloMappingSuggestion",
                "candidates": [
                  {
                    "__typename": "HaloMappingCandidate",
                    "customer": {
                      "__typename": "HaloCustomer",
                      "address": null,
                      "associatedClients": [],
                      "domain": null,
                      "haloId": 45,
                      "name": "Fir",
                      "phone": null,
                      "siteName": null,
                      "topLevelName": "Customers"
                    },
                    "reason": "SAME_NAME",
                    "score": 100
                  }
                ],
                "client": {
                  "__typename": "Client",
                  "activeUserCount": 7,
                  "externalId": "northwind/Fir",
                  "id": "client_00000000000000000000000000000002",
                  "name": "Fir"
                },
                "kind": "EXACT"
              }
            },
            {
              "__typename": "HaloMappingSuggestionEdge",
              "cursor": "cursor-59",
              "node": {
                "__typename": "HaloMappingSuggestion",
                "candidates": [
                  {
                    "__typename": "HaloMappingCandidate",
                    "customer": {
                      "__typename": "HaloCustomer",
                      "address": null,
                      "associatedClients": [],
                      "domain": null,
                      "haloId": 46,
                      "name": "Grove",
                      "phone": null,
                      "siteName": null,
                      "topLevelName": "Customers"
                    },
                    "reason": "EARLIER_CUSTOMER",
                    "score": 100
                  }
                ],
                "client": {
                  "__typename": "Client",
                  "activeUserCount": 6,
                  "externalId": "northwind/Grove",
                  "id": "client_00000000000000000000000000000003",
                  "name": "Grove"
                },
                "kind": "EXACT"
              }
            },
            {
              "__typename": "HaloMappingSuggestionEdge",
              "cursor": "cursor-60",
              "node": {
                "__typename": "HaloMappingSuggestion",
                "candidates": [
                  {
                    "__typename": "HaloMappingCandidate",
                    "customer": {
                      "__typename": "HaloCustomer",
                      "address": null,
                      "associatedClients": [],
                      "domain": null,
                      "haloId": 49,
                      "name": "Elder",
                      "phone": null,
                      "siteName": null,
                      "topLevelName": "Customers"
                    },
                    "reason": "EARLIER_CUSTOMER",
                    "score": 100
                  }
                ],
                "client": {
                  "__typename": "Client",
                  "activeUserCount": 9,
                  "externalId": "northwind/Hazel",
                  "id": "client_00000000000000000000000000000005",
                  "name": "Hazel"
                },
                "kind": "EXACT"
              }
            }
          ],
          "pageInfo": {
            "__typename": "PageInfo",
            "endCursor": "cursor-60",
            "hasNextPage": false
          },
          "totalCount": 7
        },
        "id": "partner_00000000000000000000000000000001"
      }
    } satisfies types.MappingSuggestionsQuery as types.MappingSuggestionsQuery,
  },
  MappingTable: {
    excluded: {
      "partner": {
        "__typename": "Partner",
        "clientCounts": {
          "__typename": "ClientCounts",
          "excluded": 1,
          "mapped": 5,
          "needingAttention": 2,
          "total": 7,
          "unmapped": 1
        },
        "clients": {
          "__typename": "ClientConnection",
          "edges": [
            {
              "__typename": "ClientEdge",
              "cursor": "cursor-45",
              "node": {
                "__typename": "Client",
                "activeUserCount": 7,
                "archived": false,
                "externalId": "northwind/Fir",
                "haloAssociation": null,
                "haloExclusion": {
                  "__typename": "HaloClientExclusion",
                  "excludedAt": "2026-11-24T09:00:00.000Z",
                  "excludedBy": {
                    "__typename": "Actor",
                    "name": "Ada Admin",
                    "role": "PARTNER_ADMIN"
                  },
                  "reason": "Pays by itself",
                  "reviewOn": "2026-12-24"
                },
                "id": "client_00000000000000000000000000000002",
                "name": "Fir"
              }
            }
          ],
          "pageInfo": {
            "__typename": "PageInfo",
            "endCursor": "cursor-45",
            "hasNextPage": false
          },
          "totalCount": 1
        },
        "id": "partner_00000000000000000000000000000001"
      }
    } satisfies types.MappingTableQuery as types.MappingTableQuery,
    needsAttention: {
      "partner": {
        "__typename": "Partner",
        "clientCounts": {
          "__typename": "ClientCounts",
          "excluded": 0,
          "mapped": 5,
          "needingAttention": 2,
          "total": 7,
          "unmapped": 2
        },
        "clients": {
          "__typename": "ClientConnection",
          "edges": [
            {
              "__typename": "ClientEdge",
              "cursor": "cursor-32",
              "node": {
                "__typename": "Client",
                "activeUserCount": 2,
                "archived": false,
                "externalId": "northwind/Cedar",
                "haloAssociation": {
                  "__typename": "HaloClientAssociation",
                  "ending": null,
                  "haloCustomer": {
                    "__typename": "HaloCustomer",
                    "haloId": 43,
                    "name": "Cedar",
                    "topLevelName": "Customers"
                  },
                  "id": "association_00000000000000000000000000000001",
                  "lastSyncedAt": "2026-11-24T09:00:00.000Z",
                  "lastSyncedQuantity": 2,
                  "problem": {
                    "__typename": "HaloProblem",
                    "code": "SUBSCRIPTION_DELETED",
                    "guideStep": "Subscription Management",
                    "guideUrl": null,
                    "haloSubscriptionIds": [],
                    "heldQuantity": null,
                    "message": "The subscription was deleted in Halo.",
                    "remedy": "Have a new subscription created, or remove the association.",
                    "since": "2026-11-24T09:00:00.000Z"
                  },
                  "status": "NEEDS_ATTENTION",
                  "subscription": {
                    "__typename": "HaloSubscription",
                    "billing": "NOT_ON_RECURRING_INVOICE",
                    "haloId": 9004,
                    "name": "INFIMA Security Awareness Training",
                    "observedAt": "2026-11-24T09:00:00.000Z",
                    "quantity": 2,
                    "url": "https://northwind.halopsa.com/customer?clientid=43"
                  }
                },
                "haloExclusion": null,
                "id": "client_00000000000000000000000000000001",
                "name": "Cedar"
              }
            },
            {
              "__typename": "ClientEdge",
              "cursor": "cursor-35",
              "node": {
                "__typename": "Client",
                "activeUserCount": 9,
                "archived": false,
                "externalId": "northwind/Hazel",
                "haloAssociation": {
                  "__typename": "HaloClientAssociation",
                  "ending": null,
                  "haloCustomer": {
                    "__typename": "HaloCustomer",
                    "haloId": 49,
                    "name": "Elder",
                    "topLevelName": "Customers"
                  },
                  "id": "association_00000000000000000000000000000004",
                  "lastSyncedAt": null,
                  "lastSyncedQuantity": null,
                  "problem": {
                    "__typename": "HaloProblem",
                    "code": "SUBSCRIPTION_EXISTS",
                    "guideStep": "Map INFIMA Clients to Halo Clients",
                    "guideUrl": null,
                    "haloSubscriptionIds": [
                      9001
                    ],
                    "heldQuantity": null,
                    "message": "The customer already has an INFIMA subscription (9001) that no client uses.",
                    "remedy": "Choose the subscription to use, or have a new one created.",
                    "since": "2026-11-24T09:00:00.000Z"
                  },
                  "status": "NEEDS_ATTENTION",
                  "subscription": null
                },
                "haloExclusion": null,
                "id": "client_00000000000000000000000000000005",
                "name": "Hazel"
              }
            }
          ],
          "pageInfo": {
            "__typename": "PageInfo",
            "endCursor": "cursor-35",
            "hasNextPage": false
          },
          "totalCount": 2
        },
        "id": "partner_00000000000000000000000000000001"
      }
    } satisfies types.MappingTableQuery as types.MappingTableQuery,
  },
  ProblemInbox: {
    snoozed: {
      "partner": {
        "__typename": "Partner",
        "haloProblemCounts": {
          "__typename": "HaloProblemCounts",
          "acknowledged": 0,
          "changedSinceYesterday": 3,
          "open": 1,
          "snoozed": 1
        },
        "haloProblems": {
          "__typename": "HaloProblemRecordConnection",
          "edges": [
            {
              "__typename": "HaloProblemRecordEdge",
              "cursor": "cursor-61",
              "node": {
                "__typename": "HaloProblemRecord",
                "acknowledgement": {
                  "__typename": "HaloProblemAcknowledgement",
                  "at": "2026-11-24T09:00:00.000Z",
                  "by": {
                    "__typename": "Actor",
                    "name": "Ada Admin",
                    "role": "PARTNER_ADMIN"
                  },
                  "note": "They deleted it by mistake"
                },
                "association": {
                  "__typename": "HaloClientAssociation",
                  "id": "association_00000000000000000000000000000001",
                  "status": "NEEDS_ATTENTION"
                },
                "changedAt": "2026-11-24T09:00:00.000Z",
                "client": {
                  "__typename": "Client",
                  "externalId": "northwind/Cedar",
                  "id": "client_00000000000000000000000000000001",
                  "name": "Cedar"
                },
                "closedAt": null,
                "consequence": "NO_SUBSCRIPTION",
                "consequenceMessage": "The client has no subscription in Halo, so it is not billed.",
                "firstSeenAt": "2026-11-24T09:00:00.000Z",
                "id": "problem_00000000000000000000000000000001",
                "lastSeenAt": "2026-11-24T09:00:00.000Z",
                "problem": {
                  "__typename": "HaloProblem",
                  "code": "SUBSCRIPTION_DELETED",
                  "guideStep": "Subscription Management",
                  "guideUrl": null,
                  "haloSubscriptionIds": [],
                  "heldQuantity": null,
                  "message": "The subscription was deleted in Halo.",
                  "remedy": "Have a new subscription created, or remove the association.",
                  "since": "2026-11-24T09:00:00.000Z"
                },
                "snoozedUntil": "2026-11-24T09:00:00.000Z",
                "state": "SNOOZED",
                "suggestedAct": "RECREATE_SUBSCRIPTION",
                "waitsFor": "PARTNER"
              }
            }
          ],
          "pageInfo": {
            "__typename": "PageInfo",
            "endCursor": "cursor-61",
            "hasNextPage": false
          },
          "totalCount": 1
        },
        "id": "partner_00000000000000000000000000000001"
      }
    } satisfies types.ProblemInboxQuery as types.ProblemInboxQuery,
  },
  RunChanges: {
    finished: {
      "haloSyncRun": {
        "__typename": "HaloSyncRun",
        "changedClientIds": [
          "client_00000000000000000000000000000006",
          "client_00000000000000000000000000000007"
        ],
        "finishedAt": "2026-11-24T09:00:05.000Z",
        "id": "run_00000000000000000000000000000005",
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
        "changedClientIds": [],
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
        "trigger": "ON_DEMAND"
      }
    } satisfies types.RunChangesSubscription as types.RunChangesSubscription,
    running: {
      "haloSyncRun": {
        "__typename": "HaloSyncRun",
        "changedClientIds": [
          "client_00000000000000000000000000000006"
        ],
        "finishedAt": null,
        "id": "run_00000000000000000000000000000005",
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
        "id": "run_00000000000000000000000000000003",
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
        "id": "run_00000000000000000000000000000005",
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
        "id": "run_00000000000000000000000000000003",
        "results": {
          "__typename": "HaloSyncResultConnection",
          "edges": [
            {
              "__typename": "HaloSyncResultEdge",
              "cursor": "cursor-62",
              "node": {
                "__typename": "HaloSyncResult",
                "at": "2026-11-24T09:00:00.000Z",
                "changedInHalo": false,
                "client": {
                  "__typename": "Client",
                  "id": "client_00000000000000000000000000000001",
                  "name": "Cedar"
                },
                "haloCustomer": {
                  "__typename": "HaloCustomer",
                  "haloId": 43,
                  "name": "Cedar"
                },
                "outcome": "FAILED",
                "problem": {
                  "__typename": "HaloProblem",
                  "code": "SUBSCRIPTION_DELETED",
                  "guideStep": "Subscription Management",
                  "guideUrl": null,
                  "message": "The subscription was deleted in Halo.",
                  "remedy": "Have a new subscription created, or remove the association.",
                  "since": "2026-11-24T09:00:00.000Z"
                },
                "quantityAfter": null,
                "quantityBefore": null,
                "userCounts": {
                  "__typename": "UserCounts",
                  "archived": 0,
                  "clientArchived": 0,
                  "counted": 2,
                  "deactivated": 0,
                  "sameAddress": 0
                }
              }
            },
            {
              "__typename": "HaloSyncResultEdge",
              "cursor": "cursor-63",
              "node": {
                "__typename": "HaloSyncResult",
                "at": "2026-11-24T09:00:00.000Z",
                "changedInHalo": false,
                "client": {
                  "__typename": "Client",
                  "id": "client_00000000000000000000000000000005",
                  "name": "Hazel"
                },
                "haloCustomer": {
                  "__typename": "HaloCustomer",
                  "haloId": 49,
                  "name": "Elder"
                },
                "outcome": "FAILED",
                "problem": {
                  "__typename": "HaloProblem",
                  "code": "SUBSCRIPTION_EXISTS",
                  "guideStep": "Map INFIMA Clients to Halo Clients",
                  "guideUrl": null,
                  "message": "The customer already has an INFIMA subscription (9001) that no client uses.",
                  "remedy": "Choose the subscription to use, or have a new one created.",
                  "since": "2026-11-24T09:00:00.000Z"
                },
                "quantityAfter": null,
                "quantityBefore": null,
                "userCounts": {
                  "__typename": "UserCounts",
                  "archived": 0,
                  "clientArchived": 0,
                  "counted": 9,
                  "deactivated": 0,
                  "sameAddress": 0
                }
              }
            }
          ],
          "pageInfo": {
            "__typename": "PageInfo",
            "endCursor": "cursor-63",
            "hasNextPage": false
          },
          "totalCount": 2
        }
      }
    } satisfies types.RunResultsQuery as types.RunResultsQuery,
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
            "guideUrl": null,
            "message": "Halo PSA URL: There is no Halo PSA at this address: what answers there is something else.",
            "outcome": "MISSING",
            "required": true,
            "subject": "ADDRESS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "Client ID and Client Secret: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "CREDENTIALS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Customers Access Level: Read Only: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Users Access Level: Read Only: in the guide, not used by this integration, not checked.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "AGENT_USERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Software Licencing Access Level: Read And Modify: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_SOFTWARE_LICENCING"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "read:customers: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "READ_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "read:invoices: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "READ_INVOICES"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
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
            "hint": null,
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
                "id": "association_00000000000000000000000000000007"
              },
              "id": "client_00000000000000000000000000000008"
            },
            "ending": null,
            "haloCustomer": {
              "__typename": "HaloCustomer",
              "haloId": 41,
              "name": "Alder",
              "topLevelName": "Customers"
            },
            "id": "association_00000000000000000000000000000007",
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
              "haloCustomerId"
            ],
            "hint": "Ask the user and send the decision in `replace.previousSubscription`.",
            "message": "This client is mapped to another Halo customer. Decide what happens to the quantity that is billed there."
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
            "field": null,
            "hint": null,
            "message": "This client's mapping is being removed. Map the client again to keep its subscription."
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
            "field": null,
            "hint": "No association of the partner has the id in `associationId`.",
            "message": "This client is not mapped any more. Load the table again."
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
            "hint": null,
            "message": "This client is archived at INFIMA, so it cannot be mapped. Choose another client."
          }
        ]
      }
    } satisfies types.SaveAssociationsMutation as types.SaveAssociationsMutation,
  },
  CLIENT_ASSOCIATED: {
    operation: "ExcludeClients",
    data: {
      "excludeHaloClients": {
        "__typename": "ExcludeHaloClientsPayload",
        "clients": [],
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "CLIENT_ASSOCIATED",
            "field": [
              "clientIds",
              "0"
            ],
            "hint": null,
            "message": "This client is mapped to a Halo customer, so it is billed. Remove its mapping first, and decide what happens to the quantity."
          }
        ]
      }
    } satisfies types.ExcludeClientsMutation as types.ExcludeClientsMutation,
  },
  CLIENT_EXCLUDED: {
    operation: "SaveAssociations",
    data: {
      "saveHaloClientAssociations": {
        "__typename": "SaveHaloClientAssociationsPayload",
        "associations": [],
        "run": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "CLIENT_EXCLUDED",
            "field": [
              "associations",
              "0",
              "clientId"
            ],
            "hint": null,
            "message": "This client is excluded from billing. Include it first, then map it."
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
            "hint": null,
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
            "hint": null,
            "message": "This client no longer exists. Load the table again."
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
            "hint": null,
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
            "hint": null,
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
            "guideUrl": null,
            "message": "Halo PSA URL: a Halo answers there.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "ADDRESS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "Client ID and Client Secret: Halo does not accept the Client ID and Client Secret. The application may be deleted or inactive, its secret renewed, or its agent removed.",
            "outcome": "MISSING",
            "required": true,
            "subject": "CREDENTIALS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Customers Access Level: Read Only: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Users Access Level: Read Only: in the guide, not used by this integration, not checked.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "AGENT_USERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Software Licencing Access Level: Read And Modify: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_SOFTWARE_LICENCING"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "read:customers: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "READ_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "read:invoices: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "READ_INVOICES"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
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
            "hint": null,
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
            "hint": "Once the user has confirmed it, send the entry again with `allowSharedCustomer: true`.",
            "message": "Another client is mapped to this customer. Choose another customer, or confirm that both clients belong to it: each gets a subscription of its own there."
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
                "id": "association_00000000000000000000000000000008"
              },
              "id": "client_00000000000000000000000000000009"
            },
            "ending": null,
            "haloCustomer": {
              "__typename": "HaloCustomer",
              "haloId": 42,
              "name": "Birch",
              "topLevelName": "Customers"
            },
            "id": "association_00000000000000000000000000000008",
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
          "id": "run_00000000000000000000000000000008",
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
            "hint": null,
            "message": "This client is chosen twice. Choose one customer for it."
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
            "guideUrl": null,
            "message": "Halo PSA URL: a Halo answers there.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "ADDRESS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "Client ID and Client Secret: Halo accepts them.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "CREDENTIALS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Customers Access Level: Read Only: Halo gave an answer that INFIMA does not understand.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Users Access Level: Read Only: in the guide, not used by this integration, not checked.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "AGENT_USERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Software Licencing Access Level: Read And Modify: Halo shows its subscriptions. Whether INFIMA may change them will be known with the first subscription that it writes.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_SOFTWARE_LICENCING"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "read:customers: Halo gave an answer that INFIMA does not understand.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "READ_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "read:invoices: works. Halo grants it to the application.",
            "outcome": "GRANTED",
            "required": false,
            "subject": "READ_INVOICES"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
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
            "field": null,
            "hint": null,
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
            "guideUrl": null,
            "message": "Halo PSA URL: Halo has had too many requests and asked for a pause.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "ADDRESS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "Client ID and Client Secret: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "CREDENTIALS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Customers Access Level: Read Only: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Users Access Level: Read Only: in the guide, not used by this integration, not checked.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "AGENT_USERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Software Licencing Access Level: Read And Modify: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_SOFTWARE_LICENCING"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "read:customers: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "READ_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "read:invoices: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "READ_INVOICES"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
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
            "field": null,
            "hint": null,
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
            "guideUrl": null,
            "message": "Halo PSA URL: Halo has had too many requests and asked for a pause.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "ADDRESS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "Client ID and Client Secret: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "CREDENTIALS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Customers Access Level: Read Only: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Users Access Level: Read Only: in the guide, not used by this integration, not checked.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "AGENT_USERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Software Licencing Access Level: Read And Modify: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_SOFTWARE_LICENCING"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "read:customers: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "READ_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "read:invoices: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "READ_INVOICES"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
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
            "field": null,
            "hint": null,
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
            "hint": null,
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
            "hint": null,
            "message": "Halo does not have this customer, or does not show it to the API agent. Search again and choose another."
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
            "guideUrl": null,
            "message": "Halo PSA URL: Halo has had too many requests and asked for a pause.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "ADDRESS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "Client ID and Client Secret: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "CREDENTIALS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Customers Access Level: Read Only: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Users Access Level: Read Only: in the guide, not used by this integration, not checked.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "AGENT_USERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Software Licencing Access Level: Read And Modify: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_SOFTWARE_LICENCING"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "read:customers: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "READ_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "read:invoices: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "READ_INVOICES"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
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
            "field": null,
            "hint": null,
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
            "guideUrl": null,
            "message": "Halo PSA URL: Halo has had too many requests and asked for a pause.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "ADDRESS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "Client ID and Client Secret: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "CREDENTIALS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Customers Access Level: Read Only: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Users Access Level: Read Only: in the guide, not used by this integration, not checked.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "AGENT_USERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Software Licencing Access Level: Read And Modify: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_SOFTWARE_LICENCING"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "read:customers: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "READ_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "read:invoices: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "READ_INVOICES"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
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
            "field": null,
            "hint": null,
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
            "guideUrl": null,
            "message": "Halo PSA URL: Halo, or a gateway before it, answered with an error of its own (status 502).",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "ADDRESS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "Client ID and Client Secret: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "CREDENTIALS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Customers Access Level: Read Only: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Users Access Level: Read Only: in the guide, not used by this integration, not checked.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "AGENT_USERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Software Licencing Access Level: Read And Modify: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_SOFTWARE_LICENCING"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "read:customers: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "READ_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "read:invoices: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "READ_INVOICES"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
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
            "hint": null,
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
            "guideUrl": null,
            "message": "Halo PSA URL: Halo did not answer.",
            "outcome": "MISSING",
            "required": true,
            "subject": "ADDRESS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "Client ID and Client Secret: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "CREDENTIALS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Customers Access Level: Read Only: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Users Access Level: Read Only: in the guide, not used by this integration, not checked.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "AGENT_USERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Software Licencing Access Level: Read And Modify: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_SOFTWARE_LICENCING"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "read:customers: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "READ_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "read:invoices: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "READ_INVOICES"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
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
            "hint": null,
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
            "hint": null,
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
            "hint": null,
            "message": "The nightly sync has no time to start in. Choose an end that differs from the start."
          }
        ]
      }
    } satisfies types.UpdateSyncSettingsMutation as types.UpdateSyncSettingsMutation,
  },
  LAST_WEBHOOK_SECRET: {
    operation: "RemoveWebhookSecret",
    data: {
      "removeHaloWebhookSecret": {
        "__typename": "RemoveHaloWebhookSecretPayload",
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "LAST_WEBHOOK_SECRET",
            "field": [
              "secretId"
            ],
            "hint": null,
            "message": "This is the webhook's only secret, and deliveries have to be signed. Add another one first."
          }
        ],
        "webhook": null
      }
    } satisfies types.RemoveWebhookSecretMutation as types.RemoveWebhookSecretMutation,
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
            "guideUrl": null,
            "message": "Halo PSA URL: Halo has had too many requests and asked for a pause.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "ADDRESS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "Client ID and Client Secret: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "CREDENTIALS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Customers Access Level: Read Only: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Users Access Level: Read Only: in the guide, not used by this integration, not checked.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "AGENT_USERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Software Licencing Access Level: Read And Modify: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_SOFTWARE_LICENCING"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "read:customers: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "READ_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "read:invoices: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "READ_INVOICES"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
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
            "field": null,
            "hint": null,
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
            "field": null,
            "hint": "Read the association again and compare its `problem` with the `answer`.",
            "message": "This client has no problem that your decision resolves: it may have been resolved meanwhile. Load the table again."
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
            "guideUrl": null,
            "message": "Halo PSA URL: There is no Halo PSA at this address: what answers there is something else.",
            "outcome": "MISSING",
            "required": true,
            "subject": "ADDRESS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "Client ID and Client Secret: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "CREDENTIALS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Customers Access Level: Read Only: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Users Access Level: Read Only: in the guide, not used by this integration, not checked.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "AGENT_USERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Software Licencing Access Level: Read And Modify: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_SOFTWARE_LICENCING"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "read:customers: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "READ_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "read:invoices: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "READ_INVOICES"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
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
            "hint": null,
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
            "hint": null,
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
            "hint": null,
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
            "guideUrl": null,
            "message": "Halo PSA URL: a Halo answers there.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "ADDRESS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "Client ID and Client Secret: Halo accepts them.",
            "outcome": "GRANTED",
            "required": true,
            "subject": "CREDENTIALS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Customers Access Level: Read Only: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Users Access Level: Read Only: in the guide, not used by this integration, not checked.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "AGENT_USERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Software Licencing Access Level: Read And Modify: Halo shows its subscriptions. Whether INFIMA may change them will be known with the first subscription that it writes.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_SOFTWARE_LICENCING"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "read:customers: Halo refuses access: the application lacks read:customers.",
            "outcome": "MISSING",
            "required": true,
            "subject": "READ_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "read:invoices: works. Halo grants it to the application.",
            "outcome": "GRANTED",
            "required": false,
            "subject": "READ_INVOICES"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
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
            "field": null,
            "hint": null,
            "message": "Halo refuses access: the application lacks read:customers. In Halo, grant it to the application, then recheck the connection."
          }
        ]
      }
    } satisfies types.SaveConnectionMutation as types.SaveConnectionMutation,
  },
  PROBLEM_CLOSED: {
    operation: "RecheckProblem",
    data: {
      "recheckHaloProblem": {
        "__typename": "RecheckHaloProblemPayload",
        "problem": null,
        "run": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "PROBLEM_CLOSED",
            "field": null,
            "hint": null,
            "message": "This problem is gone already, so there is nothing to do. If it comes back, it is a new one in the list: load the list again."
          }
        ]
      }
    } satisfies types.RecheckProblemMutation as types.RecheckProblemMutation,
  },
  PROBLEM_NOT_FOUND: {
    operation: "RecheckProblem",
    data: {
      "recheckHaloProblem": {
        "__typename": "RecheckHaloProblemPayload",
        "problem": null,
        "run": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "PROBLEM_NOT_FOUND",
            "field": null,
            "hint": null,
            "message": "This problem no longer exists. Load the list again."
          }
        ]
      }
    } satisfies types.RecheckProblemMutation as types.RecheckProblemMutation,
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
            "hint": null,
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
            "guideUrl": null,
            "message": "Halo PSA URL: Halo has had too many requests and asked for a pause.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "ADDRESS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "Client ID and Client Secret: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "CREDENTIALS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Customers Access Level: Read Only: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Users Access Level: Read Only: in the guide, not used by this integration, not checked.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "AGENT_USERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an API Agent",
            "guideUrl": null,
            "message": "Software Licencing Access Level: Read And Modify: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_SOFTWARE_LICENCING"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "read:customers: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "READ_CUSTOMERS"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
            "message": "read:invoices: not reached, because of what is wrong above.",
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "READ_INVOICES"
          },
          {
            "__typename": "HaloConnectionCheck",
            "guideStep": "Creating an Application",
            "guideUrl": null,
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
            "field": null,
            "hint": null,
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
            "hint": null,
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
            "hint": null,
            "message": "The customer no longer has this subscription in Halo. Load the table again and choose another one."
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
            "field": null,
            "hint": null,
            "message": "This client's subscription was not deleted in Halo, so no other one is created. Load the table again."
          }
        ]
      }
    } satisfies types.RecreateSubscriptionMutation as types.RecreateSubscriptionMutation,
  },
  SYNC_PAUSED: {
    operation: "SyncNow",
    data: {
      "requestHaloSync": {
        "__typename": "RequestHaloSyncPayload",
        "run": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "SYNC_PAUSED",
            "field": null,
            "hint": null,
            "message": "Syncs are paused until 4 January 2027: New prices from January on. Resume them to sync before."
          }
        ]
      }
    } satisfies types.SyncNowMutation as types.SyncNowMutation,
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
            "hint": "Ask the user and send the decision in `tenantChange`, with the same details.",
            "message": "Your clients are mapped to customers of a Halo with another identity. Of 1 of your subscriptions that INFIMA looked for, it shows 0. Decide whether it is the same Halo, whose mappings are carried over, or another one, for which they are archived. Or save the URL of the Halo that your clients are mapped to."
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
            "hint": null,
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
            "hint": null,
            "message": "Too many clients are mapped at once. Save at most 200 together."
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
            "hint": null,
            "message": "The connection was checked too often. Wait a minute, then try again."
          }
        ]
      }
    } satisfies types.TestConnectionMutation as types.TestConnectionMutation,
  },
  WEBHOOK_DELIVERY_NOT_FOUND: {
    operation: "ReplayWebhookDelivery",
    data: {
      "replayHaloWebhookDelivery": {
        "__typename": "ReplayHaloWebhookDeliveryPayload",
        "delivery": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "WEBHOOK_DELIVERY_NOT_FOUND",
            "field": null,
            "hint": null,
            "message": "This delivery no longer exists. Deliveries are kept for 30 days. Load the list again."
          }
        ]
      }
    } satisfies types.ReplayWebhookDeliveryMutation as types.ReplayWebhookDeliveryMutation,
  },
  WEBHOOK_DISABLED: {
    operation: "SendTestWebhook",
    data: {
      "sendTestHaloWebhook": {
        "__typename": "SendTestHaloWebhookPayload",
        "delivery": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "WEBHOOK_DISABLED",
            "field": null,
            "hint": null,
            "message": "This webhook is disabled, so nothing is sent to it. Enable it first."
          }
        ]
      }
    } satisfies types.SendTestWebhookMutation as types.SendTestWebhookMutation,
  },
  WEBHOOK_NOT_FOUND: {
    operation: "RemoveWebhook",
    data: {
      "removeHaloWebhook": {
        "__typename": "RemoveHaloWebhookPayload",
        "removedWebhookId": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "WEBHOOK_NOT_FOUND",
            "field": null,
            "hint": null,
            "message": "This webhook no longer exists. Load the list again."
          }
        ]
      }
    } satisfies types.RemoveWebhookMutation as types.RemoveWebhookMutation,
  },
  WEBHOOK_SECRET_NOT_FOUND: {
    operation: "RemoveWebhookSecret",
    data: {
      "removeHaloWebhookSecret": {
        "__typename": "RemoveHaloWebhookSecretPayload",
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "WEBHOOK_SECRET_NOT_FOUND",
            "field": [
              "secretId"
            ],
            "hint": null,
            "message": "The webhook no longer has this secret. Load the list again."
          }
        ],
        "webhook": null
      }
    } satisfies types.RemoveWebhookSecretMutation as types.RemoveWebhookSecretMutation,
  },
  WEBHOOK_URL_INVALID: {
    operation: "RegisterWebhook",
    data: {
      "registerHaloWebhook": {
        "__typename": "RegisterHaloWebhookPayload",
        "secret": null,
        "userErrors": [
          {
            "__typename": "UserError",
            "code": "WEBHOOK_URL_INVALID",
            "field": [
              "url"
            ],
            "hint": null,
            "message": "This is not a web address. Use a whole one, such as https://hooks.example.com/infima."
          }
        ],
        "webhook": null
      }
    } satisfies types.RegisterWebhookMutation as types.RegisterWebhookMutation,
  },
} as const;
