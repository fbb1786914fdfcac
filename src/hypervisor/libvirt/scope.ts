/** Frees what libvirt handed out: whatever is owned by a scope goes when the scope ends, also by an error. */
export class Scope {
  readonly #frees: (() => void)[] = [];

  /** Takes over `thing`; `free` runs once, at the end, the latest owned first. */
  own<T>(thing: T, free: (thing: T) => void): T {
    this.#frees.push(() => free(thing));
    return thing;
  }

  release(): void {
    for (const free of this.#frees.splice(0).reverse()) free();
  }
}

/** Runs `body` with a scope that ends with it. */
export function scoped<T>(body: (scope: Scope) => T): T {
  const scope = new Scope();
  try {
    return body(scope);
  } finally {
    scope.release();
  }
}
