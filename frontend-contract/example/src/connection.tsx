// Settings > Integrations > Halo PSA: the details, what Halo says to them, and leaving.
import { useMutation, useQuery } from "@apollo/client/react";
import {
  ConfirmTenantChangeDocument,
  ConnectionFormDocument,
  DisconnectDocument,
  SaveConnectionDocument,
  TestConnectionDocument,
  type CheckFragment,
  type HaloTenantDecision,
  type InputErrorFragment,
} from "@infima/halo-contract";
import { useRef, useState } from "react";
import { Action, Failure, InputErrors, Problem, time, words } from "./parts.js";

function Checks({ checks }: { readonly checks: readonly CheckFragment[] }) {
  return (
    <ul className="checks">
      {checks.map((check) => (
        <li key={check.subject} data-outcome={check.outcome}>
          {check.message} {check.guideUrl !== null && ["MISSING", "WARNING"].includes(check.outcome) && <a href={check.guideUrl}>Guide</a>}
        </li>
      ))}
    </ul>
  );
}

export function Connection() {
  const { data, error, refetch } = useQuery(ConnectionFormDocument);
  const [save, saved] = useMutation(SaveConnectionDocument, { refetchQueries: ["IntegrationStatus"] });
  const [test, tested] = useMutation(TestConnectionDocument);
  const [confirm] = useMutation(ConfirmTenantChangeDocument);
  const [disconnect] = useMutation(DisconnectDocument, { refetchQueries: ["IntegrationStatus", "ConnectionForm"] });
  const form = useRef<HTMLFormElement>(null);
  const [problems, setProblems] = useState<readonly InputErrorFragment[]>([]);
  if (data === undefined) return <Failure error={error} retry={() => void refetch()} />;
  const connection = data.partner?.haloConnection;
  const may = new Set(data.viewer.may);

  // An empty field keeps the stored value; a new address needs the secret again.
  const details = () => {
    const typed = new FormData(form.current!);
    const value = (name: string) => String(typed.get(name)).trim() || null;
    return { url: value("url"), applicationClientId: value("applicationClientId"), clientSecret: value("clientSecret") };
  };
  const saveDetails = async (tenantChange: HaloTenantDecision | null = null) => {
    const { data: answer } = await save({ variables: { input: { ...details(), tenantChange } } });
    setProblems(answer?.saveHaloConnection.userErrors ?? []);
  };
  const checks = saved.data?.saveHaloConnection.checks ?? tested.data?.testHaloConnection.test?.checks ?? connection?.checks ?? [];

  return (
    <section>
      <h2>Connection details</h2>
      <Problem problem={connection?.problem ?? null} />
      {connection?.tenantChange != null && may.has("CONFIRM_TENANT_CHANGE") && (
        <p>
          This Halo shows {connection.tenantChange.found} of {connection.tenantChange.total} of your subscriptions.{" "}
          <Action run={() => confirm({ variables: { input: { decision: "CARRY_OVER" } } })}>It is the same Halo</Action>
          <Action run={() => confirm({ variables: { input: { decision: "ARCHIVE" } } })}>It is another Halo</Action>
        </p>
      )}
      <form ref={form} onSubmit={(event) => event.preventDefault()}>
        <label>
          Halo PSA URL <input name="url" defaultValue={connection?.url} placeholder="https://yourcompany.halopsa.com" />
          <InputErrors of={problems} field="url" />
        </label>
        <label>
          Client ID <input name="applicationClientId" defaultValue={connection?.applicationClientId} autoComplete="off" />
          <InputErrors of={problems} field="applicationClientId" />
        </label>
        <label>
          Client Secret{" "}
          <input name="clientSecret" type="password" autoComplete="off" placeholder={connection ? "stored" : ""} />
          <InputErrors of={problems} field="clientSecret" />
        </label>
        <InputErrors of={problems.filter(({ field }) => field === null)} />
        {may.has("SAVE_CONNECTION") && <Action run={() => saveDetails()}>Save</Action>}
        {may.has("TEST_TYPED_CONNECTION") && <Action run={() => test({ variables: { input: details() } })}>Check</Action>}
        {connection != null && may.has("DISCONNECT") && (
          <Action run={() => disconnect({ variables: { input: {} } })}>Disconnect</Action>
        )}
      </form>
      {problems.some(({ code }) => code === "TENANT_CHANGED") && (
        <p>
          <Action run={() => saveDetails("CARRY_OVER")}>It is the same Halo</Action>
          <Action run={() => saveDetails("ARCHIVE")}>It is another Halo</Action>
        </p>
      )}
      <Failure error={saved.error ?? tested.error} />
      <InputErrors of={tested.data?.testHaloConnection.userErrors ?? []} />
      {connection != null && (
        <p>
          {words(connection.status)}. Details saved {time(connection.credentialsUpdatedAt)}, next nightly sync{" "}
          {time(connection.nextNightlySyncAt)}.
        </p>
      )}
      <Checks checks={checks} />
    </section>
  );
}
