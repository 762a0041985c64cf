export interface TagBranch {
  /** The whole tag, such as `work/plan`. */
  name: string;
  label: string;
  /** Memos with this tag or one below it, as the sum of its own and the branches' counts. */
  count: number;
  children: TagBranch[];
}

/** Tags split at `/`, the most used first. */
export function tagTree(counts: Map<string, number>): TagBranch[] {
  const root: TagBranch[] = [];
  for (const [tag, count] of counts) {
    let level = root;
    let name = "";
    for (const label of tag.split("/")) {
      name = name ? `${name}/${label}` : label;
      let branch = level.find((one) => one.label === label);
      if (!branch) {
        branch = { name, label, count: 0, children: [] };
        level.push(branch);
      }
      branch.count += count;
      level = branch.children;
    }
  }
  sortLevel(root);
  return root;
}

function sortLevel(level: TagBranch[]): void {
  level.sort((a, b) => b.count - a.count || a.label.localeCompare(b.label));
  level.forEach((branch) => sortLevel(branch.children));
}
