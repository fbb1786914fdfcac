/** Reads /metrics as Prometheus does, as far as our own series go. */

export interface Scraped {
  name: string;
  labels: Record<string, string>;
  value: number;
}

export async function scrape(address: string): Promise<Scraped[]> {
  const text = await (await fetch(`http://${address}/metrics`)).text();
  return text.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = /^(vgpu_ferry_\w+?)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, labels: labelsOf(labels), value: Number(value) }];
  });
}

function labelsOf(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name!, value!]));
}

/** Sum of the series of that name whose labels are these, or these and others. */
export function sumOf(
  scraped: readonly Scraped[],
  name: string,
  labels: Record<string, string> = {},
): number {
  return scraped
    .filter(
      (one) =>
        one.name === name && Object.entries(labels).every(([label, value]) => one.labels[label] === value),
    )
    .reduce((sum, { value }) => sum + value, 0);
}
