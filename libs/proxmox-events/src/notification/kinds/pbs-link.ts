/** Host of the link that closes every PBS body (`<https://pbs1.example.net:8007/#…>`): the only name of the sender in it. */
export function linkedHost(lines: readonly string[]): string | undefined {
  for (const line of lines.slice(-20).reverse()) {
    const host = /^\s{0,8}<?https:\/\/([A-Za-z0-9][A-Za-z0-9.-]{0,252}):8007\/#/.exec(line)?.[1];
    if (host !== undefined) return host;
  }
  return undefined;
}
