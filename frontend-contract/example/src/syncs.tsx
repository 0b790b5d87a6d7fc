// Sync now, with its progress; what a sync would change; and the history.
import { useApolloClient, useMutation, useQuery, useSubscription } from "@apollo/client/react";
import {
  ClientRowsDocument,
  RunChangesDocument,
  RunResultsDocument,
  SyncHistoryDocument,
  SyncNowDocument,
  SyncPreviewDocument,
  type RunFragment,
} from "@infima/halo-contract";
import { useState } from "react";
import { Action, Failure, InputErrors, More, Problem, time, words } from "./parts.js";

/** Follows a sync until it has ended, and reads the rows again that it changed. */
export function Progress({ id }: { readonly id: string }) {
  const client = useApolloClient();
  const { data, error } = useSubscription(RunChangesDocument, {
    variables: { id },
    onData: ({ data: { data: event } }) => {
      const run = event?.haloSyncRun;
      if (run === undefined) return;
      if (run.changedClientIds === null || run.changedClientIds.length > 0) {
        void (run.changedClientIds === null
          ? client.refetchQueries({ include: ["MappingTable"] })
          : client.query({
              query: ClientRowsDocument,
              variables: { clientIds: run.changedClientIds },
              fetchPolicy: "network-only",
            }));
      }
      if (run.finishedAt !== null) void client.refetchQueries({ include: ["IntegrationStatus"] });
    },
  });
  const run = data?.haloSyncRun;
  return (
    <div data-test="progress">
      <Failure error={error} />
      {run !== undefined && (
        <p role="status">
          {words(run.status)}: {run.progress.done} of {run.progress.total}. <Summary run={run} />{" "}
          <progress value={run.progress.done} max={Math.max(run.progress.total, 1)} />
        </p>
      )}
      <Problem problem={run?.problem ?? null} />
    </div>
  );
}

function Summary({ run: { summary } }: { readonly run: RunFragment }) {
  const { created, updated, unchanged, failed, skipped } = summary;
  const parts = Object.entries({ created, updated, unchanged, failed, skipped }).filter(([, count]) => count > 0);
  return <>{parts.map(([name, count]) => `${count} ${name}`).join(", ")}</>;
}

export function Syncs() {
  const [changesOnly, setChangesOnly] = useState(false);
  const history = useQuery(SyncHistoryDocument, { variables: { first: 10, changesOnly } });
  const [syncNow, requested] = useMutation(SyncNowDocument, { refetchQueries: ["SyncHistory"] });
  const [previews, setPreviews] = useState(false);
  const [shown, setShown] = useState<string>();
  const run = requested.data?.requestHaloSync.run;
  const runs = history.data?.partner?.haloSyncRuns;
  return (
    <section>
      <h2>Syncs</h2>
      <Action run={() => syncNow({ variables: { input: {} } })}>Sync now</Action>
      <button onClick={() => setPreviews(!previews)}>{previews ? "Hide the preview" : "What would change?"}</button>
      <Failure error={requested.error} />
      <InputErrors of={requested.data?.requestHaloSync.userErrors ?? []} />
      {run != null && <Progress key={run.id} id={run.id} />}
      {previews && <Preview />}
      <h3>History</h3>
      <label>
        <input type="checkbox" checked={changesOnly} onChange={() => setChangesOnly(!changesOnly)} /> Changes only
      </label>
      <Failure error={history.error} retry={() => void history.refetch()} />
      <table>
        <thead>
          <tr>
            <th>Queued</th>
            <th>Reason</th>
            <th>Status</th>
            <th>Clients</th>
          </tr>
        </thead>
        <tbody>
          {runs?.edges.map(({ node }) => (
            <tr key={node.id}>
              <td>
                <button onClick={() => setShown(node.id)}>{time(node.queuedAt)}</button>
              </td>
              <td>
                {words(node.trigger)} {node.requestedBy !== null && <>by {node.requestedBy.name}</>}
              </td>
              <td>{words(node.status)}</td>
              <td>
                <Summary run={node} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <More page={runs?.pageInfo} load={() => history.fetchMore({ variables: { after: runs?.pageInfo.endCursor ?? null } })} />
      {shown !== undefined && <Results id={shown} />}
    </section>
  );
}

function Preview() {
  const { data, error, loading } = useQuery(SyncPreviewDocument, { fetchPolicy: "network-only" });
  const preview = data?.haloSyncPreview;
  return (
    <div data-test="preview">
      {loading && <p>Asking Halo…</p>}
      <Failure error={error} />
      {preview != null && !preview.complete && <p>Not every client could be looked at.</p>}
      <ul>
        {preview?.entries.map((entry) => (
          <li key={entry.association.id}>
            {entry.client.name} at {entry.haloCustomer.name}: {entry.action === null ? "not looked at" : words(entry.action)}
            {entry.quantityAfter !== null && `, ${entry.quantityInHalo ?? "no subscription"} → ${entry.quantityAfter}`}
            <Problem problem={entry.problem} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function Results({ id }: { readonly id: string }) {
  const { data, error, fetchMore } = useQuery(RunResultsDocument, { variables: { id, first: 25 } });
  const results = data?.haloSyncRun?.results;
  return (
    <div data-test="results">
      <h3>Results</h3>
      <Failure error={error} />
      <ul>
        {results?.edges.map(({ cursor, node }) => (
          <li key={cursor}>
            {node.client.name} at {node.haloCustomer.name}: {words(node.outcome)}, {node.quantityBefore ?? "–"} →{" "}
            {node.quantityAfter ?? "–"}
            <Problem problem={node.problem} />
          </li>
        ))}
      </ul>
      <More page={results?.pageInfo} load={() => fetchMore({ variables: { after: results?.pageInfo.endCursor ?? null } })} />
    </div>
  );
}
