/**
 * llama.cpp on the CPU, through node-llama-cpp: loading a GGUF, continuing a text greedily, the distribution of the next token.
 * Knows nothing of ours.
 */
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';

/** What llama.cpp said while it worked, kept for the message of a failure. */
const said = [];

const llama = await getLlama({
  gpu: false,
  build: 'never',
  progressLogs: false,
  logLevel: LlamaLogLevel.info,
  logger: (_, message) => said.push(message.trimEnd()),
});

/** Keys and values kept in binary32, attention by the plain formula: nothing is rounded but by the weights' own type. */
const EXACT = {
  flashAttention: false,
  experimentalKvCacheKeyType: 'F32',
  experimentalKvCacheValueType: 'F32',
};

/**
 * A model and one sequence of `tokens` places to run it in. Free it with `dispose`.
 * @throws Error with what llama.cpp said, when it refuses the file
 */
export async function loadModel(path, tokens = 512) {
  said.length = 0;
  try {
    const model = await llama.loadModel({ modelPath: path, gpuLayers: 0, useMmap: false });
    const context = await model.createContext({ contextSize: tokens, sequences: 1, threads: 1, ...EXACT });
    return { model, sequence: context.getSequence(), dispose: () => model.dispose() };
  } catch (cause) {
    throw new Error(`llama.cpp does not load ${path}: ${cause.message}\n  ${said.slice(-12).join('\n  ')}`, {
      cause,
    });
  }
}

/**
 * The text that follows the beginning token when the likeliest token is taken `count` times, or until the model begins another text.
 */
export async function greedy({ model, sequence }, count) {
  await sequence.clearHistory();
  const tokens = [];
  const ends = new Set([model.tokens.bos, model.tokens.eos]);
  for await (const token of sequence.evaluate([model.tokens.bos], { temperature: 0 })) {
    if (ends.has(token)) break;
    tokens.push(token);
    if (tokens.length === count) break;
  }
  return model.detokenize(tokens, false, [model.tokens.bos]);
}

/**
 * Probability of every token of the vocabulary, by id, to follow each of `tokens`: one array for each place. Softmax of the
 * raw logits, in binary64.
 */
export async function nextTokenProbabilities({ sequence }, tokens) {
  await sequence.clearHistory();
  const outputs = await sequence.controlledEvaluate(
    // Without a sampler that cuts or sharpens: the logits as they are.
    tokens.map((token) => [
      token,
      { generateNext: { logits: true, options: { temperature: 1, topK: 0, topP: 1, minP: 0 } } },
    ]),
  );
  return outputs.map(({ next }) => {
    const logits = new Float64Array(next.logits.size);
    for (const [token, logit] of next.logits) logits[token] = logit;
    const most = logits.reduce((a, b) => Math.max(a, b));
    const weights = logits.map((logit) => Math.exp(logit - most));
    const total = weights.reduce((a, b) => a + b, 0);
    return weights.map((weight) => weight / total);
  });
}
