// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "Guard.h"
#include "include/CDCMTKImpl.h"

/// Puts a text into an item; nullptr is an empty value.
inline void put(DcmItem &item, const DcmTagKey &tag, const char *text) {
  require(item.putAndInsertString(tag, text ? text : ""), "an element cannot be written");
}

inline void put(DcmItem &item, const DcmTagKey &tag, const std::string &text) {
  put(item, tag, text.c_str());
}

inline void putWord(DcmItem &item, const DcmTagKey &tag, Uint16 value) {
  require(item.putAndInsertUint16(tag, value), "an element cannot be written");
}

/// A new item at the end of a sequence, which is made where it is not there yet.
inline DcmItem &append(DcmItem &item, const DcmTagKey &sequence) {
  DcmItem *made = nullptr;
  require(item.findOrCreateSequenceItem(sequence, made, -2), "a sequence cannot be written");
  return *made;
}

/// Appends a coded concept to a sequence.
inline void putCode(DcmItem &item, const DcmTagKey &sequence, const cdcmtk_code &code) {
  DcmItem &entry = append(item, sequence);
  put(entry, DCM_CodeValue, code.value);
  put(entry, DCM_CodingSchemeDesignator, code.scheme);
  put(entry, DCM_CodeMeaning, code.meaning);
}

/// The text of an element without padding; empty where it is absent.
inline std::string text(DcmItem &item, const DcmTagKey &tag) {
  OFString value;
  item.findAndGetOFStringArray(tag, value);
  return value.c_str();
}

/// The first item of a sequence, or nullptr.
inline DcmItem *first(DcmItem *item, const DcmTagKey &sequence) {
  DcmItem *found = nullptr;
  if (!item || item->findAndGetSequenceItem(sequence, found, 0).bad()) return nullptr;
  return found;
}

/// A decimal string: the shortest of at most 16 characters that is nearest to a number.
std::string decimal(double value);

/// The bytes of a file with its meta information, in little endian, with every length written out, as
/// DCMTK sends it: so an archive that stores what it gets has the same bytes.
void encode(DcmFileFormat &file, void **bytes, size_t *length);
