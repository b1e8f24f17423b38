// SPDX-License-Identifier: Apache-2.0
#include "Acceptor.h"
#include "FileConsumer.h"
#include "Guard.h"

#include <dcmtk/dcmnet/dcmtrans.h>
#include <dcmtk/dcmnet/diutil.h>
#include <dcmtk/dcmnet/scpthrd.h>
#include <dcmtk/dcmtls/tlslayer.h>
#include <memory>
#include <sys/statvfs.h>
#include <unistd.h>
#include <vector>

namespace {

/// How objects may be encoded, the preferred first; all that this project reads.
const char *const encodings[] = {
    UID_LittleEndianExplicitTransferSyntax,  UID_LittleEndianImplicitTransferSyntax,
    UID_BigEndianExplicitTransferSyntax,     UID_JPEGLSLosslessTransferSyntax,
    UID_JPEGProcess14SV1TransferSyntax,      UID_JPEGProcess14TransferSyntax,
    UID_JPEG2000LosslessOnlyTransferSyntax,  UID_RLELosslessTransferSyntax,
    UID_DeflatedExplicitVRLittleEndianTransferSyntax, UID_JPEG2000TransferSyntax,
    UID_JPEGLSLossyTransferSyntax,           UID_JPEGProcess2_4TransferSyntax,
    UID_JPEGProcess1TransferSyntax,
};

/// A title without the blanks that pad it.
std::string trimmed(const char *text) {
  std::string title(text, strnlen(text, 16));
  const auto first = title.find_first_not_of(' ');
  if (first == std::string::npos) return "";
  return title.substr(first, title.find_last_not_of(' ') - first + 1);
}

bool isUID(const OFString &uid) {
  return !uid.empty() && uid.size() <= 64 &&
         uid.find_first_not_of("0123456789.") == OFString_npos;
}

/// Serves one association that has been requested.
class Acceptor : public DcmThreadSCP {
public:
  Acceptor(T_ASC_Association *association, const cdcmtk_acceptor &acceptor, cdcmtk_arrived arrived,
           void *context, cdcmtk_accepted &result)
      : association_(association), acceptor_(acceptor), arrived_(arrived), context_(context),
        result_(result) {
    DcmSCPConfig &config = getConfig();
    config.setDIMSEBlockingMode(DIMSE_NONBLOCKING);
    config.setDIMSETimeout(acceptor.timeout);
    config.setACSETimeout(acceptor.timeout);
    config.setHostLookupEnabled(OFFalse);
  }

protected:
  OFBool checkCalledAETitleAccepted(const OFString &called) override {
    return trimmed(called.c_str()) == acceptor_.title;
  }

  OFBool checkCallingAETitleAccepted(const OFString &calling) override {
    const std::string title = trimmed(calling.c_str());
    OFStandard::strlcpy(result_.caller, title.c_str(), sizeof result_.caller);
    if (acceptor_.caller_count == 0) return OFTrue;
    for (size_t i = 0; i < acceptor_.caller_count; i++)
      if (title == acceptor_.callers[i]) return OFTrue;
    return OFFalse;
  }

  OFCondition negotiateAssociation() override {
    std::vector<const char *> classes = {UID_VerificationSOPClass, "1.2.840.10008.5.1.4.1.1.66.7"};
    for (int i = 0; i < numberOfDcmAllStorageSOPClassUIDs; i++)
      classes.push_back(dcmAllStorageSOPClassUIDs[i]);
    return ASC_acceptContextsWithPreferredTransferSyntaxes(
        association_->params, classes.data(), int(classes.size()), const_cast<const char **>(encodings),
        int(sizeof encodings / sizeof *encodings));
  }

  void notifyAssociationAcknowledge() override {
    result_.is_accepted = 1;
    allowMessage();
  }
  void notifyReleaseRequest() override { result_.is_released = 1; }

  OFCondition handleIncomingCommand(T_DIMSE_Message *message,
                                    const DcmPresentationContextInfo &info) override {
    allowMessage();
    OFCondition done;
    if (message->CommandField == DIMSE_C_ECHO_RQ) {
      done = handleECHORequest(message->msg.CEchoRQ, info.presentationContextID);
      if (done.good()) result_.echoes++;
    } else if (message->CommandField == DIMSE_C_STORE_RQ) {
      done = take(message->msg.CStoreRQ, info);
    } else {
      done = DIMSE_BADCOMMANDTYPE;
    }
    allowMessage();
    return done;
  }

private:
  T_ASC_Association *const association_;
  const cdcmtk_acceptor &acceptor_;
  const cdcmtk_arrived arrived_;
  void *const context_;
  cdcmtk_accepted &result_;
  size_t number_ = 0;

  /// Each message has a time in which it must be whole, however slowly its bytes come: the alarm ends the
  /// process.
  void allowMessage() { alarm(20 * acceptor_.timeout); }

  /// Whether the disk has the room that is kept free.
  bool hasRoom() const {
    struct statvfs disk;
    return statvfs(acceptor_.folder, &disk) == 0 &&
           uint64_t(disk.f_bavail) * disk.f_frsize >= acceptor_.reserve;
  }

  /// Receives an object into a file, hands it over, and answers.
  OFCondition take(T_DIMSE_C_StoreRQ &request, const DcmPresentationContextInfo &info) {
    if (request.DataSetType == DIMSE_DATASET_NULL) return DIMSE_BADMESSAGE;
    const std::string path = std::string(acceptor_.folder) + "/" + std::to_string(getpid()) + "-" +
                             std::to_string(++number_) + ".dcm";
    FileConsumer file;
    if (hasRoom()) file.open(path.c_str());
    else file.refuse();
    T_ASC_PresentationContextID context = info.presentationContextID;
    uint64_t offset = 0;
    OFCondition done = EC_Normal;
    {
      FileStream stream(file);
      done = writeHeader(stream, request, info, offset);
      if (done.good())
        done = DIMSE_receiveDataSetInFile(association_, DIMSE_NONBLOCKING, int(acceptor_.timeout),
                                          &context, &stream, nullptr, nullptr);
    }
    const bool isWhole = file.finish();
    if (done.good() && context != info.presentationContextID)
      done = DIMSE_BADMESSAGE;
    if (done.bad()) {
      unlink(path.c_str());
      return done;
    }
    const uint16_t status = isWhole ? judge(path, request, info, offset)
                                    : uint16_t(STATUS_STORE_Refused_OutOfResources);
    if (status == STATUS_Success) result_.stored++;
    else {
      unlink(path.c_str());
      result_.refused++;
      result_.last_refusal = status;
    }
    return sendSTOREResponse(info.presentationContextID, request, status);
  }

  /// The preamble and the meta information of a file (PS3.10, 7.1).
  OFCondition writeHeader(FileStream &stream, const T_DIMSE_C_StoreRQ &request,
                          const DcmPresentationContextInfo &info, uint64_t &offset) {
    DcmMetaInfo meta;
    const Uint8 version[2] = {0, 1};
    auto *element = new DcmOtherByteOtherWord(DCM_FileMetaInformationVersion);
    element->putUint8Array(version, 2);
    meta.insert(element, OFTrue);
    meta.putAndInsertString(DCM_MediaStorageSOPClassUID, request.AffectedSOPClassUID);
    meta.putAndInsertString(DCM_MediaStorageSOPInstanceUID, request.AffectedSOPInstanceUID);
    meta.putAndInsertString(DCM_TransferSyntaxUID, info.acceptedTransferSyntax.c_str());
    meta.putAndInsertString(DCM_ImplementationClassUID, OFFIS_IMPLEMENTATION_CLASS_UID);
    meta.putAndInsertString(DCM_ImplementationVersionName, OFFIS_DTK_IMPLEMENTATION_VERSION_NAME);
    OFCondition done =
        meta.computeGroupLengthAndPadding(EGL_withGL, EPD_noChange, META_HEADER_DEFAULT_TRANSFERSYNTAX,
                                          EET_UndefinedLength);
    if (done.bad()) return done;
    meta.transferInit();
    done = meta.write(stream, META_HEADER_DEFAULT_TRANSFERSYNTAX, EET_UndefinedLength, nullptr);
    meta.transferEnd();
    offset = uint64_t(stream.tell());
    return done;
  }

  /// The status for a file that is on the disk: whether it can be read, is what was announced, and is kept.
  uint16_t judge(const std::string &path, const T_DIMSE_C_StoreRQ &request,
                 const DcmPresentationContextInfo &info, uint64_t offset) {
    DcmFileFormat file;
    if (file.loadFile(path.c_str(), EXS_Unknown, EGL_noChange, 4096, ERM_fileOnly).bad())
      return STATUS_STORE_Error_CannotUnderstand;
    DcmDataset &set = *file.getDataset();
    OFString study, series, instance, storage;
    set.findAndGetOFString(DCM_StudyInstanceUID, study);
    set.findAndGetOFString(DCM_SeriesInstanceUID, series);
    set.findAndGetOFString(DCM_SOPInstanceUID, instance);
    set.findAndGetOFString(DCM_SOPClassUID, storage);
    if (!isUID(study) || !isUID(series)) return STATUS_STORE_Error_CannotUnderstand;
    if (instance != request.AffectedSOPInstanceUID || storage != request.AffectedSOPClassUID ||
        storage != info.abstractSyntax || !isUID(instance))
      return STATUS_STORE_Error_DataSetDoesNotMatchSOPClass;
    const cdcmtk_arrival arrival = {path.c_str(), study.c_str(), series.c_str(), instance.c_str(),
                                    storage.c_str(), offset};
    return arrived_(context_, &arrival);
  }
};

void requireTLS(const OFCondition &done, const char *what) {
  if (done.bad()) throw std::runtime_error(std::string("TLS: ") + what + ": " + done.text());
}

std::unique_ptr<DcmTLSTransportLayer> secureLayer(const cdcmtk_acceptor &acceptor) {
  DcmTLSTransportLayer::initializeOpenSSL();
  auto layer = std::make_unique<DcmTLSTransportLayer>(NET_ACCEPTOR, nullptr, OFFalse);
  requireTLS(layer->setPrivateKeyFile(acceptor.key, DCF_Filetype_PEM), "the key cannot be used");
  requireTLS(layer->setCertificateFile(acceptor.certificate, DCF_Filetype_PEM),
             "the certificate cannot be used");
  if (!layer->checkPrivateKeyMatchesCertificate())
    throw std::runtime_error("TLS: the key is not that of the certificate");
  requireTLS(layer->setTLSProfile(TSP_Profile_BCP195), "the profile BCP 195 is not there");
  requireTLS(layer->activateCipherSuites(), "the ciphers of BCP 195 are not there");
  if (acceptor.trusted) {
    requireTLS(layer->addTrustedCertificateFile(acceptor.trusted, DCF_Filetype_PEM),
               "the trusted certificates cannot be read");
    requireTLS(layer->addTrustedClientCertificateFile(acceptor.trusted),
               "the trusted certificates cannot be read");
  }
  layer->setCertificateVerification(acceptor.trusted ? DCV_requireCertificate
                                                     : DCV_ignoreCertificate);
  return layer;
}

} // namespace

void acceptObjects(int socket, const cdcmtk_acceptor &acceptor, cdcmtk_arrived arrived,
                   void *context, cdcmtk_accepted &result) {
  memset(&result, 0, sizeof result);
  // TLS and the request for an association have to be there in time, too.
  alarm(2 * acceptor.timeout);
  dcmExternalSocketHandle.set(socket);
  dcmDisableGethostbyaddr.set(OFTrue);
  dcmSocketReceiveTimeout.set(Sint32(acceptor.timeout));
  dcmSocketSendTimeout.set(Sint32(acceptor.timeout));
  const bool isSecure = acceptor.certificate && acceptor.key;
  std::unique_ptr<DcmTLSTransportLayer> layer;
  if (isSecure) layer = secureLayer(acceptor);
  T_ASC_Network *network = nullptr;
  // The port is not opened: the connection is there.
  require(ASC_initializeNetwork(NET_ACCEPTOR, 1024, int(acceptor.timeout), &network),
          "the network cannot be used");
  if (layer) require(ASC_setTransportLayer(network, layer.get(), 0), "TLS cannot be used");
  T_ASC_Association *association = nullptr;
  const OFCondition requested =
      ASC_receiveAssociation(network, &association, long(acceptor.max_pdu), nullptr, nullptr,
                             isSecure ? OFTrue : OFFalse, DUL_NOBLOCK, int(acceptor.timeout));
  if (requested.bad() || !association)
    throw std::runtime_error(isSecure ? "no association by TLS was requested"
                                      : "no association was requested");
  Acceptor(association, acceptor, arrived, context, result).run(association);
  alarm(0);
}
