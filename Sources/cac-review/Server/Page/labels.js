// SPDX-License-Identifier: Apache-2.0
// The labels of lesions: word, short sign, colour on the dark image, dash of the outline, and key.
// Two labels differ in letter and dash as well, so that none is told by colour alone.

export const labels = [
  { word: "LM", sign: "LM", name: "left main", color: "#f08cf0", dash: [2, 2], key: "1" },
  { word: "LAD", sign: "LAD", name: "left anterior descending", color: "#ffd23f", dash: [], key: "2" },
  { word: "LCX", sign: "LCX", name: "left circumflex", color: "#5cc8ff", dash: [7, 3], key: "3" },
  { word: "RCA", sign: "RCA", name: "right coronary", color: "#ff6b5e", dash: [9, 3, 2, 3], key: "4" },
  { word: "calcium", sign: "CAC", name: "coronary, artery not said", color: "#ffffff", dash: [4, 4], key: "" },
  { word: "aorta", sign: "Ao", name: "thoracic aorta", color: "#7fe0a8", dash: [1, 3], kind: "1" },
  { word: "aortic valve", sign: "AV", name: "aortic valve", color: "#7fe0a8", dash: [1, 3], kind: "2" },
  { word: "mitral annulus", sign: "MAC", name: "mitral annulus", color: "#7fe0a8", dash: [1, 3], kind: "3" },
  { word: "pericardium", sign: "Pe", name: "pericardium", color: "#b8c4d0", dash: [1, 3], kind: "4" },
  { word: "metal", sign: "Me", name: "metal, stent", color: "#b8c4d0", dash: [1, 3], kind: "5" },
  { word: "noise", sign: "No", name: "noise", color: "#b8c4d0", dash: [1, 3], kind: "6" },
  { word: "other", sign: "Ot", name: "other", color: "#b8c4d0", dash: [1, 3], kind: "7" },
];

export const byWord = new Map(labels.map((label) => [label.word, label]));
export const arteries = labels.slice(0, 4);
export const kinds = labels.filter((label) => label.kind);

// What is struck out has no label.
export const struck = { word: null, sign: "×", name: "struck out", color: "#98a4b0", dash: [2, 5] };

export function labelOf(lesion) {
  return byWord.get(lesion.label) ?? struck;
}

export function isCoronary(lesion) {
  return ["LM", "LAD", "LCX", "RCA", "calcium"].includes(lesion.label);
}
