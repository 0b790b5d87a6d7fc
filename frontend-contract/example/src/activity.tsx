// The audit log, narrowed by act, actor and time.
import { useQuery } from "@apollo/client/react";
import { ActivityLogDocument, type ActivityAction } from "@infima/halo-contract";
import { useDeferredValue, useState } from "react";
import { Failure, More, time, words } from "./parts.js";

const actions: readonly ActivityAction[] = ["ASSOCIATION_SAVED", "ASSOCIATION_REMOVED", "CONNECTION_SAVED", "SETTINGS_CHANGED", "SYNC_REQUESTED"];

export function Activity() {
  const [action, setAction] = useState<ActivityAction>();
  const [typed, setTyped] = useState("");
  const actor = useDeferredValue(typed);
  const { data, error, refetch, fetchMore } = useQuery(ActivityLogDocument, {
    variables: { first: 25, changesOnly: true, action: action === undefined ? null : [action], actor },
    fetchPolicy: "cache-and-network",
  });
  const log = data?.partner?.activity;
  return (
    <section>
      <h2>Activity</h2>
      <label>
        What{" "}
        <select value={action ?? ""} onChange={({ target }) => setAction(actions.find((known) => known === target.value))}>
          <option value="">Everything</option>
          {actions.map((known) => (
            <option key={known} value={known}>
              {words(known)}
            </option>
          ))}
        </select>
      </label>
      <label>
        Who <input value={typed} onChange={({ target }) => setTyped(target.value)} />
      </label>
      <Failure error={error} retry={() => void refetch()} />
      <table data-test="activity">
        <tbody>
          {log?.edges.map(({ node }) => (
            <tr key={node.id}>
              <td>{time(node.at)}</td>
              <td>{words(node.action)}</td>
              <td>{node.actor.name}</td>
              <td>
                {node.clients.map(({ name }) => name).join(", ")}
                {node.clientCount > node.clients.length && ` and ${node.clientCount - node.clients.length} more`}
              </td>
              <td>
                {node.changes
                  .filter(({ name }) => !["CLIENT", "CLIENTS", "HALO_CUSTOMER"].includes(name))
                  .map(({ name, before, after }) => `${words(name)}: ${before ?? "–"} → ${after ?? "–"}`)
                  .join("; ")}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <More page={log?.pageInfo} load={() => fetchMore({ variables: { after: log?.pageInfo.endCursor ?? null } })} />
    </section>
  );
}
