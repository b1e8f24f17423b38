// SPDX-License-Identifier: Apache-2.0
// The labels of lesions: word, short sign, colour on the dark image, dash of the outline, and key.
// Colours are those of the pages of cac score. Two labels differ in letter and dash as well, so that none is told by colour alone.

export const labels = [
  { word: "LM", sign: "LM", name: "left main", color: "#ff86d3", dash: [2, 2], key: "1" },
  { word: "LAD", sign: "LAD", name: "left anterior descending", color: "#ff9f1c", dash: [], key: "2" },
  { word: "LCX", sign: "LCX", name: "left circumflex", color: "#4cc9ff", dash: [7, 3], key: "3" },
  { word: "RCA", sign: "RCA", name: "right coronary", color: "#45e08a", dash: [9, 3, 2, 3], key: "4" },
  { word: "calcium", sign: "CAC", name: "coronary, artery not said", color: "#ffffff", dash: [4, 4], key: "" },
  { word: "aorta", sign: "Ao", name: "thoracic aorta", color: "#e6dcc0", dash: [1, 3], kind: "1" },
  { word: "aortic valve", sign: "AV", name: "aortic valve", color: "#e6dcc0", dash: [1, 3], kind: "2" },
  { word: "mitral annulus", sign: "MAC", name: "mitral annulus", color: "#e6dcc0", dash: [1, 3], kind: "3" },
  { word: "pericardium", sign: "Pe", name: "pericardium", color: "#b9c4d4", dash: [1, 3], kind: "4" },
  { word: "metal", sign: "Me", name: "metal, stent", color: "#b9c4d4", dash: [1, 3], kind: "5" },
  { word: "noise", sign: "No", name: "noise", color: "#b9c4d4", dash: [1, 3], kind: "6" },
  { word: "other", sign: "Ot", name: "other", color: "#b9c4d4", dash: [1, 3], kind: "7" },
];

export const byWord = new Map(labels.map((label) => [label.word, label]));
export const arteries = labels.slice(0, 4);
export const kinds = labels.filter((label) => label.kind);

// What is struck out has no label.
export const struck = { word: null, sign: "×", name: "struck out", color: "#98a4b0", dash: [2, 5] };
// Nobody has decided yet: a model that could not, or two readers who differ.
export const undecided = { word: null, sign: "?", name: "undecided", color: "#ffffff", dash: [1, 3] };

export function isUndecided(lesion) {
  return !lesion.label && !lesion.proposed;
}

export function labelOf(lesion) {
  return byWord.get(lesion.label) ?? (isUndecided(lesion) ? undecided : struck);
}

export function isCoronary(lesion) {
  return ["LM", "LAD", "LCX", "RCA", "calcium"].includes(lesion.label);
}
