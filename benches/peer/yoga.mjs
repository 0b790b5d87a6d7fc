// The mapping table as a Node team would write it at first: one process, a pool of 10, one joined
// statement, no sign-in.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createSchema, createYoga } from 'graphql-yoga'
import pg from 'pg'

const { DATABASE, PARTNER, PORT } = process.env
const address = new URL(DATABASE)
const pool = new pg.Pool({
  max: 10,
  user: address.username,
  password: decodeURIComponent(address.password),
  database: address.pathname.slice(1),
  host: address.searchParams.get('host') ?? address.hostname,
  port: Number(address.searchParams.get('port') ?? (address.port || 5432)),
})
const statement = { name: 'table', text: readFileSync(new URL('table.sql', import.meta.url), 'utf8') }

const shown = (row) => ({
  id: row.id,
  externalId: row.external_id,
  name: row.name,
  archived: row.archived,
  activeUserCount: Number(row.active_user_count),
  haloAssociation: row.association_id && {
    id: row.association_id,
    status: row.status,
    lastSyncedAt: row.last_synced_at?.toISOString(),
    lastSyncedQuantity: row.last_synced_quantity,
    haloCustomer: { haloId: row.halo_customer_id, name: row.halo_customer_name },
    subscription: {
      haloId: row.subscription_id,
      name: row.subscription_name,
      quantity: row.quantity,
      billing: row.billing,
      observedAt: row.observed_at?.toISOString(),
    },
  },
})

const schema = createSchema({
  typeDefs: /* GraphQL */ `
    type Query { clients(first: Int!): [Client!]! }
    type Client {
      id: ID!
      externalId: String!
      name: String!
      archived: Boolean!
      activeUserCount: Int!
      haloAssociation: Association
    }
    type Association {
      id: ID!
      status: String!
      lastSyncedAt: String
      lastSyncedQuantity: Int
      haloCustomer: Customer!
      subscription: Subscription_
    }
    type Customer { haloId: Int! name: String }
    type Subscription_ { haloId: Int name: String quantity: Int billing: String observedAt: String }
  `,
  resolvers: {
    Query: {
      clients: async (_, { first }) => {
        const { rows } = await pool.query({ ...statement, values: [PARTNER, first] })
        return rows.map(shown)
      },
    },
  },
})

createServer(createYoga({ schema, logging: false, graphiql: false, maskedErrors: true })).listen(Number(PORT), '127.0.0.1')
