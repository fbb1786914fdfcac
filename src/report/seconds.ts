/** Between two times of a story, in seconds with two digits behind the point. */
export function seconds(from: string, to: string): string {
  return ((Date.parse(to) - Date.parse(from)) / 1000).toFixed(2);
}
