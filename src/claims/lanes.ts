/** Many small waits at once, so many at a time. */

/** Answers in the order of the items. After the first failure no further one is begun. */
export async function inLanes<Item, Answer>(
  lanes: number,
  items: readonly Item[],
  act: (item: Item) => Promise<Answer>,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      try {
        answers[index] = await act(items[index]!);
      } catch (error) {
        next = items.length;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return answers;
}
