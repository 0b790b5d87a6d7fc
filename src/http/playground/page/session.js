// The caller's session. The token is only in this closure: not in storage, a URL or React's state.
import { comeBackFromSignIn, leaveForSignIn } from './oidc.js';

/**
 * `state()` is `{ phase, label, number, problem }`: phase is 'starting', 'out' or 'in'; number
 * grows
 * with every change of caller, so that the previous caller's data can be discarded.
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
    /**
     * Runs once, on load: finishes a sign-in, or else selects the first ready-made caller, if any.
     */
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
