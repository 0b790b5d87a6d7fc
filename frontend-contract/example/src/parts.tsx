// What several screens show: problems, errors, times, and buttons that wait for their answer.
import { CombinedGraphQLErrors } from "@apollo/client/errors";
import {
  codeInfo,
  errorCode,
  errors,
  userErrors,
  type InputErrorFragment,
  type ProblemFragment,
} from "@infima/halo-contract";
import { useState, type ReactNode } from "react";

export function time(at: string | null | undefined): string {
  return at == null ? "never" : new Date(at).toLocaleString();
}

/** A value of an enum, as a person reads it. */
export function words(value: string): string {
  return value.charAt(0) + value.slice(1).toLowerCase().replaceAll("_", " ");
}

export function Problem({ problem }: { readonly problem: ProblemFragment | null }) {
  if (problem === null) return null;
  return (
    <p className="problem" role="status">
      <strong>{problem.message}</strong> {problem.remedy}{" "}
      {problem.guideUrl !== null && <a href={problem.guideUrl}>Guide: {problem.guideStep}</a>}
    </p>
  );
}

/** What went wrong beside `data`, and what the user can do about it. */
export function Failure({ error, retry }: { readonly error: Error | undefined; readonly retry?: () => void }) {
  if (error === undefined) return null;
  const first = CombinedGraphQLErrors.is(error) ? error.errors[0] : undefined;
  if (first === undefined) return <p role="alert">INFIMA does not answer. Check your connection and try again.</p>;
  const { handling } = errors[errorCode(first)];
  return (
    <p role="alert">
      {first.message}{" "}
      {handling === "open-connection-form" && <a href="#connection">Open the connection</a>}
      {handling === "sign-in" && <a href="#sign-in">Sign in again</a>}
      {(handling === "retry" || handling === "reload") && retry !== undefined && <button onClick={retry}>Try again</button>}
      {handling === "update" && <button onClick={() => location.reload()}>Load the new version</button>}
    </p>
  );
}

/** The errors of a mutation's input; those of `field`, or those that have no place of their own. */
export function InputErrors({ of, field }: { readonly of: readonly InputErrorFragment[]; readonly field?: string }) {
  const here = of.filter((error) => (field === undefined ? true : error.field?.[0] === field));
  if (here.length === 0) return null;
  return (
    <ul role="alert">
      {here.map((error) => (
        <li key={error.message} data-handling={codeInfo(userErrors, error.code).handling}>
          {error.message}
        </li>
      ))}
    </ul>
  );
}

/** A button that cannot be pressed again before its action has ended. */
export function Action({ children, run }: { readonly children: ReactNode; readonly run: () => Promise<unknown> }) {
  const [busy, setBusy] = useState(false);
  const press = () => {
    setBusy(true);
    // What failed is shown by the hook that sent it.
    void run().catch(() => {}).finally(() => setBusy(false));
  };
  return (
    <button disabled={busy} onClick={press}>
      {children}
    </button>
  );
}

export function More({ page, load }: { readonly page: { readonly hasNextPage: boolean } | undefined; readonly load: () => Promise<unknown> }) {
  return page?.hasNextPage ? <Action run={load}>Show more</Action> : null;
}
