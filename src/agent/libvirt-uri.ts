/** What a libvirt URI of the configuration may ask for: a connection, and not that libvirt runs a program. */

/** libvirt compares names without regard to case (virURIParseParams, doRemoteOpen in remote_driver.c). */
const REFUSED_OPTIONS: ReadonlyMap<string, string> = new Map([
  ['command', 'it names a program that libvirt would run'],
  ['netcat', 'it names a program that libvirt would run on the other host'],
]);

/** `driver+ext://` runs the program of `command`. */
const REFUSED_TRANSPORT = 'ext';

/** Why it is refused; null = it is not. */
export function uriProblem(text: string): string | null {
  if (!/^[a-z0-9+]+:\/\/[\x21-\x7e]*$/.test(text) || !URL.canParse(text))
    return 'required a URI, such as qemu+tls://host-b/system';
  const { protocol, search } = new URL(text);
  if (protocol.slice(0, -1).split('+').includes(REFUSED_TRANSPORT))
    return `transport ${REFUSED_TRANSPORT} is refused: libvirt would run a program for it; required tls, ssh, or the local socket`;
  const refused = optionsOf(search).find((option) => REFUSED_OPTIONS.has(option));
  return refused === undefined ? null : `option ${refused} is refused: ${REFUSED_OPTIONS.get(refused)}`;
}

/** libvirt takes ';' between options too. */
function optionsOf(search: string): string[] {
  return search
    .slice(1)
    .split(/[&;]/)
    .flatMap((option) => [...new URLSearchParams(option).keys()])
    .map((name) => name.toLowerCase());
}
