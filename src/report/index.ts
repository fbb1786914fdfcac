/** A migration's story, read from its history. */
export { checksFrom } from './believe';
export { storyPage } from './page';
export { seconds } from './seconds';
export { type Decode, type History, readStory } from './read';
export type { Chapter, StepTold, Story } from './story';
