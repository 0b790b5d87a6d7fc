// The frame: signing in, the status of the integration, and a screen for each part of the guide.
import { ApolloProvider, useQuery } from "@apollo/client/react";
import { IntegrationStatusDocument } from "@infima/halo-contract";
import { StrictMode, useEffect, useMemo, useState, type ComponentType } from "react";
import { createRoot } from "react-dom/client";
import { connect, type Session } from "./apollo.js";
import { Connection } from "./connection.js";
import { Activity } from "./activity.js";
import { Mapping } from "./mapping.js";
import { Failure, Problem, time, words } from "./parts.js";
import { Settings } from "./settings.js";
import { Syncs } from "./syncs.js";
import "./style.css";

const screens: Readonly<Record<string, readonly [title: string, screen: ComponentType]>> = {
  connection: ["Connection", Connection],
  mapping: ["Clients", Mapping],
  syncs: ["Syncs", Syncs],
  activity: ["Activity", Activity],
  settings: ["Nightly sync", Settings],
};

/** The part of the address behind `#`. */
function usePlace(): string {
  const [place, setPlace] = useState(location.hash.slice(1));
  useEffect(() => {
    const follow = () => setPlace(location.hash.slice(1));
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return place;
}

function Status() {
  const { data, error, refetch } = useQuery(IntegrationStatusDocument);
  const partner = data?.viewer.partner;
  const connection = partner?.haloConnection;
  return (
    <header>
      <h1>Halo PSA</h1>
      <Failure error={error} retry={() => void refetch()} />
      {partner != null && (
        <p>
          <strong>{partner.name}</strong>: {partner.clientCounts.mapped} of {partner.clientCounts.total} clients mapped
          {partner.clientCounts.needingAttention > 0 && <>, {partner.clientCounts.needingAttention} need attention</>}.{" "}
          {connection == null ? (
            "Not connected yet."
          ) : (
            <>
              {words(connection.status)}. <span data-test="last-sync">Last Sync Date: {time(connection.lastSyncedAt)}</span>
            </>
          )}
        </p>
      )}
      <Problem problem={connection?.problem ?? null} />
    </header>
  );
}

function Frame() {
  const place = usePlace();
  const [, Screen] = screens[place] ?? screens["mapping"]!;
  return (
    <>
      <Status />
      <nav>
        {Object.entries(screens).map(([name, [title]]) => (
          <a key={name} href={`#${name}`} aria-current={Screen === screens[name]![1] ? "page" : undefined}>
            {title}
          </a>
        ))}
      </nav>
      <main>
        <Screen />
      </main>
    </>
  );
}

function SignIn({ done }: { readonly done: (session: Session) => void }) {
  const submit = (form: FormData) => done({ api: String(form.get("api")), token: String(form.get("token")).trim() });
  return (
    <main>
      <h1>Sign in</h1>
      <p>A real frontend takes the token from INFIMA's sign-in. `cargo run` prints one for this example.</p>
      <form action={submit}>
        <label>
          Address of the API <input name="api" defaultValue="http://127.0.0.1:8080/graphql" />
        </label>
        <label>
          Token <input name="token" type="password" autoComplete="off" required />
        </label>
        <button>Sign in</button>
      </form>
    </main>
  );
}

function App() {
  const [session, setSession] = useState<Session>();
  const client = useMemo(() => session && connect(session), [session]);
  const place = usePlace();
  if (client === undefined || place === "sign-in") {
    return (
      <SignIn
        done={(session) => {
          if (place === "sign-in") location.hash = "";
          setSession(session);
        }}
      />
    );
  }
  return (
    <ApolloProvider client={client}>
      <Frame />
    </ApolloProvider>
  );
}

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
