// Who is calling. The token lives in this closure and nowhere else: not in storage, not in an address, not in React.
import { comeBackFromSignIn, leaveForSignIn } from './oidc.js';

/**
 * `state()` is `{ phase, label, number, problem }`: phase is 'starting', 'out' or 'in'; number grows with every change
 * of caller, so that whatever belongs to the previous one can be thrown away.
 */
export function createSession({ oidc, devCallers }) {
  let token = null;
  let expiry;
  let state = { phase: 'starting', label: null, number: 0, problem: null };
  const listeners = new Set();

  function become(change) {
    state = { ...state, ...change, number: state.number + 1 };
    for (const listener of listeners) listener();
  }

  function enter(newToken, label, expiresInSeconds) {
    clearTimeout(expiry);
    token = newToken;
    if (expiresInSeconds)
      expiry = setTimeout(() => end('Your sign-in has ended. Please sign in again.'), expiresInSeconds * 1000);
    become({ phase: 'in', label, problem: null });
  }

  function end(problem = null) {
    clearTimeout(expiry);
    token = null;
    become({ phase: 'out', label: null, problem });
  }

  return {
    state: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    token: () => token,
    end,
    chooseDevCaller: (index) => enter(devCallers[index].token, devCallers[index].label),
    signIn: () => leaveForSignIn(oidc).catch((error) => end(error.message)),
    /** Once, on load: the way back from the issuer, the first ready-made caller, or nobody. */
    async start() {
      try {
        const back = oidc && (await comeBackFromSignIn(oidc));
        if (back) enter(back.token, 'Signed in', back.expiresInSeconds);
        else if (!oidc && devCallers.length > 0) this.chooseDevCaller(0);
        else end();
      } catch (error) {
        end(error.message);
      }
    },
  };
}
