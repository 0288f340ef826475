/**
 * Folds values in a fixed binary tree by their index, so that the result does not depend on who computed them or when:
 * floating-point addition is not associative, and a fold in order of arrival gives other bits on every run.
 */

/** The fold of the values [index·2^level, (index + 1)·2^level). */
export interface FoldNode<A> {
  readonly level: number
  readonly index: number
  readonly value: A
}

/**
 * A run of neighbouring values, held as the fewest whole nodes. At most one node a level, so a run of a million holds
 * twenty.
 */
export interface Fold<A> {
  /** From left to right. */
  readonly nodes: Array<FoldNode<A>>
}

export const emptyFold = <A>(): Fold<A> => ({ nodes: [] })

/** Where the next value belongs: the index behind the last one. 0 when there is none. */
export const foldEnd = <A>({ nodes }: Fold<A>): number => {
  const last = nodes[nodes.length - 1]
  return last === undefined ? 0 : (last.index + 1) * 2 ** last.level
}

/** Appends a node behind the last one, and merges siblings for as long as there are two. */
export const appendToFold = <A>(
  { nodes }: Fold<A>,
  node: FoldNode<A>,
  merge: (left: A, right: A) => A,
): void => {
  let { level, index, value } = node
  let left = nodes[nodes.length - 1]
  while (left !== undefined && left.level === level && left.index === index - 1 && left.index % 2 === 0) {
    value = merge(left.value, value)
    level++
    index = left.index / 2
    nodes.pop()
    left = nodes[nodes.length - 1]
  }
  nodes.push({ level, index, value })
}

/** The fold of all that is there; a lone last node is carried up unchanged. `undefined` when there is nothing. */
export const foldAll = <A>({ nodes }: Fold<A>, merge: (left: A, right: A) => A): A | undefined => {
  let all: A | undefined = undefined
  for (let at = nodes.length - 1; at >= 0; at--) {
    const { value } = nodes[at]
    all = all === undefined ? value : merge(value, all)
  }
  return all
}
