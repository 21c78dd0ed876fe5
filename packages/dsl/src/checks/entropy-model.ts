/** A static model knows the codes that it codes. docs/design/language.md, "Entropy". */
import { staticModelProblem } from '@fewerbits/format';
import { type Check, findings } from './checked.ts';

/** Reports static models of entropy coders that cannot code their fields. */
export const checkEntropyModel: Check = (checked) =>
  findings(checked, (report) => {
    for (const entropy of checked.format.entropy) {
      const problem = staticModelProblem(checked.format, entropy);
      if (problem !== null) report('entropy-model', entropy, problem.what, problem.cure);
    }
  });
