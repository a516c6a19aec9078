import { useState } from "react";

const remembered = "xinglin.clerk";

/** The name of who sits here, as they wrote it; kept on this device until there are accounts. */
export function useClerk(): [string, (name: string) => void] {
  const [name, setName] = useState(() => localStorage.getItem(remembered) ?? "");
  return [
    name,
    (next) => {
      localStorage.setItem(remembered, next);
      setName(next);
    },
  ];
}
