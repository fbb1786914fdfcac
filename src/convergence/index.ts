/** How a job is brought to converge: pure rules, decided at each look at the job. */
export * from './decide';
export * from './least-remaining';
export * from './profile';
export * from './schedule';
