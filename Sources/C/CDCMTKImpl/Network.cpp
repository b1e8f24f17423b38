// SPDX-License-Identifier: Apache-2.0
#include "Network.h"
#include "Guard.h"

#include <dcmtk/dcmnet/scu.h>
#include <dcmtk/dcmtls/tlsscu.h>
#include <memory>
#include <set>
#include <utility>

namespace {

std::string place(const cdcmtk_peer &peer) {
  return std::string(peer.called) + " at " + peer.host + ":" + std::to_string(peer.port);
}

void requireNet(const OFCondition &done, const cdcmtk_peer &peer, const char *what) {
  if (done.good()) return;
  std::string detail = done.text();
  for (char &c : detail)
    if (c == '\n') c = ' ';
  throw std::runtime_error(place(peer) + " " + what + ": " + detail);
}

std::unique_ptr<DcmSCU> caller(const cdcmtk_peer &peer) {
  std::unique_ptr<DcmSCU> scu;
  if (peer.trusted) {
    auto secure = std::make_unique<DcmTLSSCU>(peer.host, peer.called, peer.port);
    secure->addTrustedCertFile(peer.trusted);
    if (peer.certificate && peer.key)
      secure->enableAuthentication(peer.key, peer.certificate, nullptr, DCF_Filetype_PEM);
    scu = std::move(secure);
  } else {
    scu = std::make_unique<DcmSCU>();
    scu->setPeerHostName(peer.host);
    scu->setPeerPort(peer.port);
    scu->setPeerAETitle(peer.called);
  }
  scu->setAETitle(peer.calling);
  scu->setConnectionTimeout(Sint32(peer.timeout));
  scu->setACSETimeout(peer.timeout);
  scu->setDIMSETimeout(peer.timeout);
  scu->setDIMSEBlockingMode(DIMSE_NONBLOCKING);
  scu->setVerbosePCMode(OFFalse);
  return scu;
}

/// Opens an association, or says what is wrong with the peer.
void associate(DcmSCU &scu, const cdcmtk_peer &peer) {
  requireNet(scu.initNetwork(), peer, "cannot be called");
  requireNet(scu.negotiateAssociation(), peer, "cannot be reached or refuses");
}

} // namespace

void echoPeer(const cdcmtk_peer &peer) {
  auto scu = caller(peer);
  OFList<OFString> syntaxes;
  syntaxes.push_back(UID_LittleEndianExplicitTransferSyntax);
  syntaxes.push_back(UID_LittleEndianImplicitTransferSyntax);
  scu->addPresentationContext(UID_VerificationSOPClass, syntaxes);
  associate(*scu, peer);
  const OFCondition done = scu->sendECHORequest(0);
  scu->releaseAssociation();
  requireNet(done, peer, "does not answer");
}

void storeFiles(const cdcmtk_peer &peer, const char *const *paths, size_t count,
                uint16_t *status) {
  for (size_t i = 0; i < count; i++) status[i] = 0xFFFF;
  // Each pair of a class and a transfer syntax is offered by itself, so that a peer that lacks one
  // takes the others.
  std::set<std::pair<std::string, std::string>> pairs;
  for (size_t i = 0; i < count; i++) {
    DcmFileFormat file;
    require(file.loadFileUntilTag(paths[i], EXS_Unknown, EGL_noChange, 4096, ERM_autoDetect,
                                  DCM_StudyInstanceUID),
            "a file cannot be read");
    OFString storage, syntax;
    file.getDataset()->findAndGetOFString(DCM_SOPClassUID, storage);
    syntax = DcmXfer(file.getDataset()->getOriginalXfer()).getXferID();
    require(!storage.empty(), "a file names no class of objects");
    pairs.insert({storage.c_str(), syntax.c_str()});
  }
  auto scu = caller(peer);
  require(pairs.size() <= 128, "the files are of more than 128 kinds; send them in parts");
  for (const auto &pair : pairs) {
    OFList<OFString> syntaxes;
    syntaxes.push_back(pair.second.c_str());
    requireNet(scu->addPresentationContext(pair.first.c_str(), syntaxes), peer,
               "cannot be offered a kind of object");
  }
  associate(*scu, peer);
  OFCondition last = EC_Normal;
  for (size_t i = 0; i < count; i++) {
    Uint16 answer = 0xFFFF;
    last = scu->sendSTORERequest(0, paths[i], nullptr, answer);
    status[i] = last.good() ? answer : 0xFFFF;
    if (last.bad() && !scu->isConnected()) break;
  }
  if (scu->isConnected()) scu->releaseAssociation();
}

namespace {

/// The classes of objects that are fetched: CT, and what results are written as.
const char *const fetched[] = {
    UID_CTImageStorage,
    UID_EnhancedCTImageStorage,
    UID_LegacyConvertedEnhancedCTImageStorage,
    UID_SecondaryCaptureImageStorage,
    UID_SegmentationStorage,
    "1.2.840.10008.5.1.4.1.1.66.7",
    UID_EnhancedSRStorage,
    UID_ComprehensiveSRStorage,
    UID_EncapsulatedPDFStorage,
};

/// How pixels of CT may be compressed; each is offered by itself, so that nothing is recompressed.
const char *const compressed[] = {
    UID_JPEGProcess14SV1TransferSyntax,  UID_JPEGLSLosslessTransferSyntax,
    UID_JPEG2000LosslessOnlyTransferSyntax, UID_JPEG2000TransferSyntax,
    UID_RLELosslessTransferSyntax,       UID_JPEGProcess2_4TransferSyntax,
};

/// Asks for the study with an accession number; throws unless there is exactly one.
std::string studyOf(DcmSCU &scu, const cdcmtk_peer &peer, const char *accession) {
  const auto context =
      scu.findPresentationContextID(UID_FINDStudyRootQueryRetrieveInformationModel, "");
  if (context == 0) throw std::runtime_error(place(peer) + " takes no questions (C-FIND)");
  DcmDataset keys;
  keys.putAndInsertString(DCM_QueryRetrieveLevel, "STUDY");
  keys.putAndInsertString(DCM_AccessionNumber, accession);
  keys.putAndInsertString(DCM_StudyInstanceUID, "");
  OFList<QRResponse *> answers;
  requireNet(scu.sendFINDRequest(context, &keys, &answers), peer, "does not answer (C-FIND)");
  std::set<std::string> studies;
  for (QRResponse *answer : answers) {
    OFString uid;
    if (answer->m_dataset &&
        answer->m_dataset->findAndGetOFString(DCM_StudyInstanceUID, uid).good() && !uid.empty())
      studies.insert(uid.c_str());
    delete answer;
  }
  if (studies.size() != 1)
    throw std::runtime_error(place(peer) + " knows " + std::to_string(studies.size()) +
                             " studies of that accession number; name one by its UID");
  return *studies.begin();
}

/// The keys of a study or of one of its series.
void putKeys(DcmDataset &keys, const std::string &study, const char *series) {
  keys.putAndInsertString(DCM_QueryRetrieveLevel, series ? "SERIES" : "STUDY");
  keys.putAndInsertString(DCM_StudyInstanceUID, study.c_str());
  if (series) keys.putAndInsertString(DCM_SeriesInstanceUID, series);
}

/// How many objects a peer gave; throws where it broke off or could not give one.
size_t given(OFList<RetrieveResponse *> &answers, const OFCondition &done, const cdcmtk_peer &peer,
             const char *broke, const char *kept) {
  size_t stored = 0, failed = 0;
  uint16_t status = 0;
  for (RetrieveResponse *answer : answers) {
    stored = answer->m_numberOfCompletedSubops + answer->m_numberOfWarningSubops;
    failed = answer->m_numberOfFailedSubops;
    status = answer->m_status;
    delete answer;
  }
  requireNet(done, peer, broke);
  // Refusals and failures; Bxxx says that some objects failed, which their number tells (PS3.4, C.4.2.1.5).
  if (failed == 0 && (status >> 12 == 0xA || status >> 12 == 0xC)) {
    char hexadecimal[8];
    snprintf(hexadecimal, sizeof hexadecimal, "%04X", unsigned(status));
    throw std::runtime_error(place(peer) + " refuses with status " + hexadecimal);
  }
  if (failed > 0)
    throw std::runtime_error(place(peer) + " could not give " + std::to_string(failed) +
                             " of the objects" + kept);
  return stored;
}

} // namespace

size_t moveObjects(const cdcmtk_peer &peer, const cdcmtk_query &query, const char *destination) {
  auto scu = caller(peer);
  OFList<OFString> plain;
  plain.push_back(UID_LittleEndianExplicitTransferSyntax);
  plain.push_back(UID_LittleEndianImplicitTransferSyntax);
  scu->addPresentationContext(UID_FINDStudyRootQueryRetrieveInformationModel, plain);
  scu->addPresentationContext(UID_MOVEStudyRootQueryRetrieveInformationModel, plain);
  associate(*scu, peer);
  const std::string study = query.study_uid ? query.study_uid : studyOf(*scu, peer, query.accession);
  const auto context =
      scu->findPresentationContextID(UID_MOVEStudyRootQueryRetrieveInformationModel, "");
  if (context == 0) throw std::runtime_error(place(peer) + " moves no objects (C-MOVE)");
  DcmDataset keys;
  putKeys(keys, study, query.series_uid);
  OFList<RetrieveResponse *> answers;
  const OFCondition done = scu->sendMOVERequest(context, destination, &keys, &answers);
  const size_t moved = given(answers, done, peer, "broke off (C-MOVE)", "");
  if (scu->isConnected()) scu->releaseAssociation();
  return moved;
}

size_t fetchObjects(const cdcmtk_peer &peer, const cdcmtk_query &query, const char *folder) {
  auto scu = caller(peer);
  OFList<OFString> plain;
  plain.push_back(UID_LittleEndianExplicitTransferSyntax);
  plain.push_back(UID_LittleEndianImplicitTransferSyntax);
  scu->addPresentationContext(UID_FINDStudyRootQueryRetrieveInformationModel, plain);
  scu->addPresentationContext(UID_GETStudyRootQueryRetrieveInformationModel, plain);
  for (const char *storage : fetched) {
    scu->addPresentationContext(storage, plain, ASC_SC_ROLE_SCP);
    if (std::string(storage).find(UID_CTImageStorage) != 0) continue;
    for (const char *syntax : compressed) {
      OFList<OFString> one;
      one.push_back(syntax);
      scu->addPresentationContext(storage, one, ASC_SC_ROLE_SCP);
    }
  }
  scu->setStorageMode(DCMSCU_STORAGE_BIT_PRESERVING);
  scu->setStorageDir(folder);
  associate(*scu, peer);
  const std::string study = query.study_uid ? query.study_uid : studyOf(*scu, peer, query.accession);
  const auto context =
      scu->findPresentationContextID(UID_GETStudyRootQueryRetrieveInformationModel, "");
  if (context == 0) throw std::runtime_error(place(peer) + " gives no objects (C-GET)");
  DcmDataset keys;
  putKeys(keys, study, query.series_uid);
  OFList<RetrieveResponse *> answers;
  const OFCondition done = scu->sendCGETRequest(context, &keys, &answers);
  const size_t stored =
      given(answers, done, peer, "broke off (C-GET)", "; nothing is kept of the others");
  if (scu->isConnected()) scu->releaseAssociation();
  return stored;
}
