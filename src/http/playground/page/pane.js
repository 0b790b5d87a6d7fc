// Which pane is in front: the answer, or GraphiQL for those who want it. The browser remembers it.
import { useState } from 'react';

const KEPT = 'playground.pane';

export function usePane() {
  const [pane, setPane] = useState(() => (localStorage.getItem(KEPT) === 'graphql' ? 'graphql' : 'answer'));
  return [
    pane,
    (chosen) => {
      localStorage.setItem(KEPT, chosen);
      setPane(chosen);
    },
  ];
}
