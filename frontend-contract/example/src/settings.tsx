// When the nightly sync runs.
import { useMutation, useQuery } from "@apollo/client/react";
import { SyncSettingsDocument, UpdateSyncSettingsDocument } from "@infima/halo-contract";
import { useRef } from "react";
import { Action, Failure, InputErrors, time } from "./parts.js";

export function Settings() {
  const { data, error, refetch } = useQuery(SyncSettingsDocument);
  const [update, updated] = useMutation(UpdateSyncSettingsDocument);
  const form = useRef<HTMLFormElement>(null);
  const settings = data?.partner?.haloSyncSettings;
  if (settings === undefined) return <Failure error={error} retry={() => void refetch()} />;
  const save = () => {
    const typed = new FormData(form.current!);
    const text = (name: string) => String(typed.get(name));
    const input = { nightly: typed.has("nightly"), timeZone: text("timeZone"), nightStart: text("nightStart"), nightEnd: text("nightEnd") };
    return update({ variables: { input } });
  };
  const errors = updated.data?.updateHaloSyncSettings.userErrors ?? [];
  return (
    <section>
      <h2>Nightly sync</h2>
      <form ref={form} onSubmit={(event) => event.preventDefault()}>
        <label>
          <input name="nightly" type="checkbox" defaultChecked={settings.nightly} /> Sync every night
        </label>
        <label>
          Time zone <input name="timeZone" defaultValue={settings.timeZone} />
          <InputErrors of={errors} field="timeZone" />
        </label>
        <label>
          Not before <input name="nightStart" defaultValue={settings.nightStart} />
          <InputErrors of={errors} field="nightStart" />
        </label>
        <label>
          Not after <input name="nightEnd" defaultValue={settings.nightEnd} />
          <InputErrors of={errors} field="nightEnd" />
        </label>
        {data?.viewer.may.includes("UPDATE_SETTINGS") && <Action run={save}>Save</Action>}
      </form>
      <Failure error={updated.error} />
      <p>Next nightly sync: {time(data?.partner?.haloConnection?.nextNightlySyncAt)}</p>
    </section>
  );
}
