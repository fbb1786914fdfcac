/** Search attributes that migrations carry: what they are listed by, in the Web UI and on every command line. Never encrypted. */

export interface SearchAttribute {
  name: string;
  /** As Temporal's own tools spell it. */
  type: 'Keyword' | 'KeywordList';
  meaning: string;
}

/** Of a migration that needs a person: `split-brain` or `unknown-owner`; `none` after that. */
export const ATTENTION_ATTRIBUTE = 'VgpuFerryAttention';

/** Keywords as far as can be: a server on PostgreSQL has room for ten of them, and for three of each other type. */
export const SEARCH_ATTRIBUTES = {
  guest: { name: 'VgpuFerryGuest', type: 'Keyword', meaning: "the guest's UUID" },
  source: { name: 'VgpuFerrySource', type: 'Keyword', meaning: 'host that the guest is to leave' },
  destination: { name: 'VgpuFerryDestination', type: 'Keyword', meaning: 'host that it is to run on' },
  phase: {
    name: 'VgpuFerryPhase',
    type: 'Keyword',
    meaning: '`checking`, `moving`, `finishing`, `undoing` or `ended`',
  },
  vgpuTypes: { name: 'VgpuFerryVgpuType', type: 'KeywordList', meaning: 'mdev types of its vGPUs' },
  outcome: {
    name: 'VgpuFerryOutcome',
    type: 'Keyword',
    meaning: 'of one that has ended: `completed`, or the type of its error',
  },
  attention: {
    name: ATTENTION_ATTRIBUTE,
    type: 'Keyword',
    meaning: 'of one that waits for a person: `split-brain` or `unknown-owner`; `none` after that',
  },
} as const satisfies Record<string, SearchAttribute>;

/** Where a migration is, coarsely: each change of it costs an event of the history. */
export type Phase = 'checking' | 'moving' | 'finishing' | 'undoing' | 'ended';

/** Outcome of a migration that has arrived; any other is an error's type. */
export const COMPLETED = 'completed';
