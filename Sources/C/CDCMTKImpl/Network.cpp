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
