import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { conclude, type Runbook } from '../runbooks/runbook.ts';

/** What a case expects of a finding: fields given must be there and equal; `claim` must contain the text. */
interface Expected {
  readonly id: string;
  readonly confidence?: string;
  readonly subject?: string;
  readonly claim?: string;
}

const AT = '2026-03-14T01:10:00.000Z';

/**
 * Runs every case of `testcases/` beside a runbook's test, `<case>.json` with `{why, evidence, findings}`, and what holds for all
 * runbooks: it has a doc, its rules have ids of their own, and every conclusion names evidence.
 */
export function runbookContract<E>(runbook: Runbook<E>, testUrl: string): void {
  const folder = join(fileURLToPath(testUrl), '..', 'testcases');
  const cases = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => ({
      name,
      ...(JSON.parse(readFileSync(join(folder, name), 'utf8')) as {
        why: string;
        evidence: E;
        findings: Expected[];
      }),
    }));

  it.each(cases)('$name: $why', ({ evidence, findings }) => {
    const drawn = conclude(runbook, evidence, AT);
    expect(drawn.map((finding) => finding.id)).toEqual(findings.map((finding) => finding.id));
    findings.forEach(({ claim = '', ...rest }, index) => {
      expect(drawn[index]).toMatchObject(rest);
      expect(drawn[index]?.claim).toContain(claim);
      expect(drawn[index]?.evidence.length).toBeGreaterThan(0);
    });
  });

  it('has a doc, conditions, and rules with ids of their own', () => {
    expect(runbook.doc.length).toBeGreaterThan(100);
    expect(runbook.conditions.length).toBeGreaterThan(0);
    expect(new Set(runbook.rules.map((rule) => rule.id)).size).toBe(runbook.rules.length);
  });

  it('has a case for every rule', () => {
    const covered = new Set(cases.flatMap(({ findings }) => findings.map((finding) => finding.id)));
    expect(runbook.rules.map((rule) => `${runbook.id}/${rule.id}`).filter((id) => !covered.has(id))).toEqual(
      [],
    );
  });
}
