/**
 * The laws over random Formats: what holds for every Format that can be written, not only for those that exist.
 */
import { interpreter } from '@fewerbits/codec';
import { compileFile, formatSource, makeSource } from '@fewerbits/dsl';
import { checkLayout, type Format } from '@fewerbits/format';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  fieldsOf,
  formats,
  lawByteLength,
  lawDecodeTotal,
  lawEncodeDeterministic,
  lawErrorsNamed,
  lawJson,
  lawNearestCode,
  lawPackBijection,
  lawPrintParse,
  lawUnpackStable,
  packedOf,
  qfTexts,
  shapesOf,
  weights,
  whyNoNearestCode,
} from '../src/index.ts';
import { formatTexts } from './formats.ts';

/** A Format and a tensor of its own. */
function withShape<T>(
  draw: (format: Format, shape: readonly number[]) => fc.Arbitrary<T>,
): fc.Arbitrary<{ format: Format; shape: readonly number[]; drawn: T }> {
  return formats().chain((format) =>
    shapesOf(format).chain((shape) => draw(format, shape).map((drawn) => ({ format, shape, drawn }))),
  );
}

const withWeights = withShape((_, shape) => weights({ shape }));

/** Fixed seeds: a failure is the same on every machine. */
function holds<T>(arbitrary: fc.Arbitrary<T>, law: (drawn: T) => void, numRuns = 100): void {
  fc.assert(
    fc.property(arbitrary, (drawn) => {
      law(drawn);
    }),
    { seed: 2026, numRuns },
  );
}

describe('random formats', () => {
  it('store every bit once', () => {
    holds(formats(), (format) => {
      expect(checkLayout(format)).toEqual([]);
    });
  });

  it('differ in all that a Format can say', () => {
    const drawn = fc.sample(formats(), { seed: 2026, numRuns: 400 });
    const share = (test: (format: Format) => boolean): number => drawn.filter(test).length;
    const text = (format: Format): string => JSON.stringify(format);
    for (const [what, test] of Object.entries<(format: Format) => boolean>({
      'three tiles deep': (f) => f.scopes.some((s) => s.name === 'chunk'),
      'tiles of several rows': (f) => f.scopes.some((s) => s.name === 'block' && s.height === 2),
      'a scale of the tensor': (f) => f.fields.some((field) => field.scope === 'tensor'),
      'a scale of the row': (f) => f.fields.some((field) => field.scope === 'row'),
      'a zero point': (f) => f.fields.some((field) => field.name === 'zero'),
      'a minimum': (f) => f.fields.some((field) => field.name === 'low'),
      'vector codes': (f) => f.scopes.some((s) => s.name === 'group'),
      'codes of two widths': (f) => f.fields.some((field) => field.storage.kind === 'choose'),
      'nested scales': (f) => f.fields.some((field) => field.storage.kind === 'format'),
      'a rotation': (f) => f.steps.some((step) => step.step === 'rotate'),
      'a permutation': (f) => f.steps.some((step) => step.step === 'permute'),
      'tail pad': (f) => f.tail === 'pad',
      'tail short': (f) => f.tail === 'short',
      'tail keep': (f) => f.tail === 'keep',
      'one stream': (f) => f.layout.length === 1,
      words: (f) => text(f).includes('"item":"words"'),
      'bits split': (f) => /"bits":\[\d/.test(text(f)),
      zip: (f) => text(f).includes('"item":"zip"'),
      radix: (f) => text(f).includes('"digits"'),
      'bit planes': (f) => text(f).includes('"axis":"bit"'),
      'reversed axes': (f) => text(f).includes('"reversed":true'),
      padding: (f) => text(f).includes('"item":"pad"'),
      alignment: (f) => text(f).includes('"item":"align"'),
    })) {
      expect(share(test), what).toBeGreaterThan(0);
    }
  });

  it('survive text and JSON', () => {
    holds(formats(), (format) => {
      lawJson(format);
      lawPrintParse(format);
    });
  });
});

describe('the interpreter on random formats', () => {
  it('pack and unpack are inverse', () => {
    holds(withShape(fieldsOf), ({ format, drawn }) => lawPackBijection(interpreter(format), drawn));
  });

  it('any bytes decode', () => {
    holds(withShape(packedOf), ({ format, drawn }) => {
      const codec = interpreter(format);
      lawUnpackStable(codec, drawn);
      lawDecodeTotal(codec, drawn);
    });
  });

  it('bytes are as many as the format says', () => {
    holds(withWeights, ({ format, shape, drawn }) => lawByteLength(interpreter(format), shape, drawn));
  });

  it('the same weights give the same bytes', () => {
    holds(withWeights, ({ format, shape, drawn }) => {
      const codec = interpreter(format);
      lawEncodeDeterministic(codec, drawn, { shape });
      for (const fit of format.fits) lawEncodeDeterministic(codec, drawn, { shape, fit: fit.name });
    });
  });

  it('the code is the nearest under the scale as stored', () => {
    let applied = 0;
    holds(
      withWeights,
      ({ format, shape, drawn }) => {
        if (whyNoNearestCode(format) !== null) return;
        applied++;
        lawNearestCode(interpreter(format), drawn, { shape });
      },
      150,
    );
    expect(applied).toBeGreaterThan(60);
  });

  it('bad input is refused by name', () => {
    holds(withWeights, ({ format, shape, drawn }) => lawErrorsNamed(interpreter(format), drawn, shape));
  });
});

describe('formats with outliers', () => {
  const withOutliers = formats({ lengths: 'any' })
    .filter((format) => format.outliers !== null)
    .chain((format) =>
      shapesOf(format).chain((shape) => weights({ shape }).map((drawn) => ({ format, shape, drawn }))),
    );

  it('survive text and JSON', () => {
    holds(withOutliers, ({ format }) => {
      lawJson(format);
      lawPrintParse(format);
    });
  });

  it('what is encoded packs, decodes and is as long as its count of outliers says', () => {
    const kinds = new Set<string>();
    holds(withOutliers, ({ format, shape, drawn }) => {
      const codec = interpreter(format);
      const packed = codec.encode(drawn, { shape });
      const fields = codec.unpack(packed);
      if (fields.codes['outliers.value']!.length > 0) kinds.add(format.outliers!.index.kind);
      lawPackBijection(codec, fields);
      lawDecodeTotal(codec, packed);
      lawByteLength(codec, shape, drawn);
      lawEncodeDeterministic(codec, drawn, { shape });
    });
    expect([...kinds].sort()).toEqual(['bitmap', 'coo', 'csr']);
  });
});

describe('the compiler on random texts', () => {
  it('reports and does not crash', () => {
    const texts = formatTexts().filter((text) => text.length < 3000);
    holds(
      qfTexts({ texts }),
      (text) => {
        const source = makeSource('text.qf', text);
        const file = compileFile(source);
        for (const { name, params } of file.formats) {
          if (params.every((param) => param.default !== null)) file.instantiate(name);
        }
        for (const { span, message } of file.diagnostics) {
          expect(message).not.toBe('');
          expect(span.start).toBeGreaterThanOrEqual(0);
          expect(span.end).toBeLessThanOrEqual(source.text.length);
        }
        const formatted = formatSource(source).text;
        if (formatted !== null) expect(formatSource(makeSource('text.qf', formatted)).text).toBe(formatted);
      },
      150,
    );
  });
});
