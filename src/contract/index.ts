/** The words that both sides share. Imports nothing from outside this folder. */
export * from './activities';
export * from './commands';
export * from './dry-run';
export * from './errors';
export * from './input';
export * from './inventory';
export * from './metrics';
export * from './migration';
export * from './names';
export * from './observation';
export * from './policy';
export * from './progress';
export * from './reconcile';
export * from './search-attributes';
export { brief, show } from './show';
