// The mapping table, the dialog that searches a customer for a client, and who is counted.
import { useMutation, useQuery } from "@apollo/client/react";
import {
  CountedUsersDocument,
  CustomerSearchDocument,
  CustomerSuggestionsDocument,
  MappingTableDocument,
  RecreateSubscriptionDocument,
  RemoveAssociationDocument,
  ResolveSubscriptionDocument,
  SaveAssociationsDocument,
  type CustomerFragment,
  type HaloAssociationEnding,
  type HaloClientAssociationInput,
  type InputErrorFragment,
  type MappingRowFragment,
} from "@infima/halo-contract";
import { useDeferredValue, useState } from "react";
import { Action, Failure, InputErrors, More, Problem, time, words } from "./parts.js";
import { Progress } from "./syncs.js";

export function Mapping() {
  const [typed, setTyped] = useState("");
  const [needsAttention, setNeedsAttention] = useState(false);
  const search = useDeferredValue(typed);
  const table = useQuery(MappingTableDocument, {
    variables: { first: 25, search, orderBy: "NAME_ASC", needsAttention: needsAttention || null },
  });
  const [chosen, setChosen] = useState<{ readonly client: MappingRowFragment; readonly what: "map" | "count" }>();
  const [run, setRun] = useState<string>();
  const clients = table.data?.partner?.clients ?? table.previousData?.partner?.clients;
  return (
    <section>
      <h2>Clients</h2>
      <label>
        Search <input type="search" value={typed} onChange={({ target }) => setTyped(target.value)} />
      </label>
      <label>
        <input type="checkbox" checked={needsAttention} onChange={() => setNeedsAttention(!needsAttention)} /> Needs attention
      </label>
      <Failure error={table.error} retry={() => void table.refetch()} />
      {run !== undefined && <Progress key={run} id={run} />}
      <table data-test="mapping">
        <thead>
          <tr>
            <th>Client</th>
            <th>Users</th>
            <th>Halo customer</th>
            <th>Subscription</th>
            <th>Last sync</th>
            <th />
          </tr>
        </thead>
        <tbody>
          {clients?.edges.map(({ node }) => (
            <Row key={node.id} client={node} choose={(what) => setChosen({ client: node, what })} started={setRun} />
          ))}
        </tbody>
      </table>
      {clients?.totalCount === 0 && <p>No client has these words in its name.</p>}
      <More page={clients?.pageInfo} load={() => table.fetchMore({ variables: { after: clients?.pageInfo.endCursor ?? null } })} />
      {chosen?.what === "map" && (
        <CustomerDialog key={chosen.client.id} client={chosen.client} close={() => setChosen(undefined)} started={setRun} />
      )}
      {chosen?.what === "count" && <CountedUsers key={chosen.client.id} clientId={chosen.client.id} close={() => setChosen(undefined)} />}
    </section>
  );
}

interface RowProps {
  readonly client: MappingRowFragment;
  readonly choose: (what: "map" | "count") => void;
  readonly started: (run: string | undefined) => void;
}

function Row({ client, choose, started }: RowProps) {
  const [remove, removed] = useMutation(RemoveAssociationDocument, { refetchQueries: ["IntegrationStatus"] });
  const [recreate, recreated] = useMutation(RecreateSubscriptionDocument);
  const [resolve, resolved] = useMutation(ResolveSubscriptionDocument);
  const association = client.haloAssociation;
  const problem = association?.problem ?? null;
  const associationId = association?.id ?? "";
  const end = async (quantity: HaloAssociationEnding) => {
    const { data } = await remove({ variables: { input: { associationId, quantity } } });
    started(data?.removeHaloClientAssociation.run?.id);
  };
  const adopt = async (adoptSubscriptionId: number) => {
    const { data } = await resolve({ variables: { input: { associationId, answer: "ADOPT", adoptSubscriptionId } } });
    started(data?.resolveHaloSubscription.run?.id);
  };
  return (
    <tr>
      <td>
        {client.name} {client.archived && "(archived)"}
      </td>
      <td>
        <button onClick={() => choose("count")}>{client.activeUserCount}</button>
      </td>
      <td>{association?.haloCustomer.name}</td>
      <td>
        {association !== null && words(association.status)}
        {association?.subscription != null && (
          <>
            : <a href={association.subscription.url}>{association.subscription.quantity}</a>
            {association.subscription.billing === "NOT_ON_RECURRING_INVOICE" && ", on no recurring invoice"}
          </>
        )}
        <Problem problem={problem} />
        {problem?.code === "SUBSCRIPTION_DELETED" && (
          <Action
            run={async () => {
              const { data } = await recreate({ variables: { input: { associationId } } });
              started(data?.recreateHaloSubscription.run?.id);
            }}
          >
            Create a new one
          </Action>
        )}
        {problem?.haloSubscriptionIds.map((id) => (
          <Action key={id} run={() => adopt(id)}>
            Use subscription {id}
          </Action>
        ))}
        <InputErrors
          of={[
            ...(removed.data?.removeHaloClientAssociation.userErrors ?? []),
            ...(recreated.data?.recreateHaloSubscription.userErrors ?? []),
            ...(resolved.data?.resolveHaloSubscription.userErrors ?? []),
          ]}
        />
        <Failure error={removed.error ?? recreated.error ?? resolved.error} />
      </td>
      <td>{association !== null && time(association.lastSyncedAt)}</td>
      <td>
        <button onClick={() => choose("map")}>{association === null ? "Map" : "Change"}</button>
        {association !== null && association.status !== "ENDING" && (
          <>
            <Action run={() => end("KEEP_QUANTITY")}>Remove, keep billing</Action>
            <Action run={() => end("SET_TO_ZERO")}>Remove, bill 0</Action>
          </>
        )}
      </td>
    </tr>
  );
}

interface DialogProps {
  readonly client: MappingRowFragment;
  readonly close: () => void;
  readonly started: (run: string | undefined) => void;
}

function CustomerDialog({ client, close, started }: DialogProps) {
  const [typed, setTyped] = useState("");
  const search = useDeferredValue(typed.trim());
  const suggested = useQuery(CustomerSuggestionsDocument, { variables: { clientId: client.id }, skip: client.haloAssociation !== null });
  const found = useQuery(CustomerSearchDocument, { variables: { search, first: 10 }, skip: search === "" });
  const [save, saved] = useMutation(SaveAssociationsDocument, { refetchQueries: ["IntegrationStatus"] });
  // The entry that INFIMA asks a question about, and the question.
  const [asked, setAsked] = useState<readonly [HaloClientAssociationInput, InputErrorFragment]>();
  const map = async (entry: HaloClientAssociationInput) => {
    const { data } = await save({ variables: { input: { associations: [entry] } } });
    const error = data?.saveHaloClientAssociations.userErrors[0];
    setAsked(error && [entry, error]);
    if (error === undefined) {
      started(data?.saveHaloClientAssociations.run?.id);
      close();
    }
  };
  const suggestions = suggested.data?.node?.__typename === "Client" ? suggested.data.node.suggestedHaloCustomers : null;
  const customers = search === "" ? (suggestions ?? []).map(({ customer }) => customer) : (found.data?.haloCustomers?.edges ?? []).map(({ node }) => node);
  return (
    <dialog open aria-label={`Map ${client.name}`}>
      <h3>Map {client.name}</h3>
      <label>
        Search in Halo <input type="search" autoFocus value={typed} onChange={({ target }) => setTyped(target.value)} />
      </label>
      <Failure error={suggested.error ?? found.error ?? saved.error} />
      <ul>
        {customers.map((customer) => (
          <li key={customer.haloId}>
            <Action run={() => map({ clientId: client.id, haloCustomerId: customer.haloId, allowSharedCustomer: false })}>
              {customer.name}
            </Action>{" "}
            <Details of={customer} />
          </li>
        ))}
      </ul>
      {search !== "" && found.data?.haloCustomers?.totalCount === 0 && <p>Halo finds no customer.</p>}
      {asked !== undefined && (
        <div role="alert">
          <p>{asked[1].message}</p>
          {asked[1].code === "CUSTOMER_ALREADY_ASSOCIATED" && (
            <Action run={() => map({ ...asked[0], allowSharedCustomer: true })}>Both belong to it</Action>
          )}
          {asked[1].code === "ALREADY_ASSOCIATED" &&
            (["KEEP_QUANTITY", "SET_TO_ZERO"] as const).map((previousSubscription) => (
              <Action key={previousSubscription} run={() => map({ ...asked[0], replace: { previousSubscription } })}>
                {previousSubscription === "KEEP_QUANTITY" ? "Keep billing there" : "Bill 0 there"}
              </Action>
            ))}
        </div>
      )}
      <button onClick={close}>Cancel</button>
    </dialog>
  );
}

/** What distinguishes two customers of the same name, and whose the customer is already. */
function Details({ of }: { readonly of: CustomerFragment }) {
  const known = [of.siteName, of.domain, of.phone, of.address].filter((detail) => detail !== null);
  const clients = of.associatedClients.map(({ name }) => name);
  return (
    <small>
      {known.join(" · ")} {clients.length > 0 && `(mapped to ${clients.join(", ")})`}
    </small>
  );
}

function CountedUsers({ clientId, close }: { readonly clientId: string; readonly close: () => void }) {
  const [counted, setCounted] = useState(true);
  const { data, error, fetchMore } = useQuery(CountedUsersDocument, { variables: { clientId, counted, first: 25 } });
  const client = data?.node?.__typename === "Client" ? data.node : undefined;
  const users = client?.users;
  return (
    <dialog open aria-label="Who is counted">
      <h3>Who is counted: {client?.name}</h3>
      <Failure error={error} />
      {client !== undefined && (
        <p>
          {client.userCounts.counted} users count. Not counted: {client.userCounts.sameAddress} with an address that counts
          already, {client.userCounts.deactivated} paused, {client.userCounts.archived} archived
          {client.userCounts.clientArchived > 0 && `, ${client.userCounts.clientArchived} because the client is archived`}.
        </p>
      )}
      <label>
        <input type="checkbox" checked={!counted} onChange={() => setCounted(!counted)} /> Show who is not counted
      </label>
      <ul>
        {users?.edges.map(({ node }) => (
          <li key={node.id}>
            {node.email ?? node.externalId} {node.notCountedReason !== null && `(${words(node.notCountedReason)})`}
          </li>
        ))}
      </ul>
      <More page={users?.pageInfo} load={() => fetchMore({ variables: { after: users?.pageInfo.endCursor ?? null } })} />
      <button onClick={close}>Close</button>
    </dialog>
  );
}
