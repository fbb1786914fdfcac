/**
 * The migration's search attributes. They are set from the moment that the namespace is known to have them: at once if
 * whoever started the migration has set its phase, else when the source's agent has told. Where they are missing, setting
 * one would jam the workflow.
 */
import { upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import {
  type CompleteInput,
  type MigrationProgress,
  type Phase,
  type SourceFacts,
  SEARCH_ATTRIBUTES,
  UNKNOWN_TYPE,
} from '../src/contract';

const PHASES: Record<MigrationProgress['stage'], Phase> = {
  inspect: 'checking',
  claim: 'checking',
  migrate: 'moving',
  finalize: 'finishing',
  cleanup: 'finishing',
  undoing: 'undoing',
  done: 'ended',
};

const KEYS = {
  guest: keyword('guest'),
  source: keyword('source'),
  destination: keyword('destination'),
  phase: keyword('phase'),
  outcome: keyword('outcome'),
};
const VGPU_TYPES = { name: SEARCH_ATTRIBUTES.vgpuTypes.name, type: 'KEYWORD_LIST' as const };

type Words = Partial<Record<keyof typeof KEYS, string>>;

export class Labels {
  private searchable: boolean;
  private readonly shown: Words = {};
  private vgpuTypes: string[] = [];
  private vgpuTypesShown = false;

  constructor(private readonly input: CompleteInput) {
    const { typedSearchAttributes: given } = workflowInfo();
    this.searchable = given.get(KEYS.phase) !== undefined;
    for (const field of Object.keys(KEYS) as (keyof Words)[]) {
      const value = given.get(KEYS[field]);
      if (value !== undefined) this.shown[field] = value;
    }
  }

  learn({ searchable, mdevs }: SourceFacts): void {
    this.searchable ||= searchable === true;
    this.vgpuTypes = [...new Set(mdevs.map(({ type }) => type ?? UNKNOWN_TYPE))];
  }

  enter(stage: keyof typeof PHASES): void {
    this.show({ phase: PHASES[stage] });
  }

  /** Its last words. `outcome`: `COMPLETED`, or the error's type. */
  end(outcome: string): void {
    this.show({ phase: 'ended', outcome });
  }

  /** What is shown already costs no event. */
  private show(words: Words): void {
    if (!this.searchable) return;
    const { guest, source, destination } = this.input;
    const all: Words = { guest, source, destination, ...words };
    const news = (Object.keys(all) as (keyof Words)[]).filter((field) => this.shown[field] !== all[field]);
    if (news.length === 0) return;
    Object.assign(this.shown, all);
    upsertSearchAttributes([
      ...news.map((field) => ({ key: KEYS[field], value: all[field]! })),
      ...this.newVgpuTypes(),
    ]);
  }

  private newVgpuTypes(): { key: typeof VGPU_TYPES; value: string[] }[] {
    if (this.vgpuTypesShown || this.vgpuTypes.length === 0) return [];
    this.vgpuTypesShown = true;
    return [{ key: VGPU_TYPES, value: this.vgpuTypes }];
  }
}

function keyword(attribute: keyof typeof SEARCH_ATTRIBUTES): { name: string; type: 'KEYWORD' } {
  return { name: SEARCH_ATTRIBUTES[attribute].name, type: 'KEYWORD' };
}
