/** A migration's story, read from its history. */
export { checksFrom } from './believe';
export { storyPage } from './page';
export { seconds } from './seconds';
export type { History } from './events';
export type { Decode } from '../failure-converter/read';
export { readStory } from './read';
export type { Chapter, StepTold, Story } from './story';
