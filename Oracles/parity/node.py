# SPDX-License-Identifier: Apache-2.0
"""Lets `cac listen` work for Orthanc, in a network namespace, and asks others whether all arrived.

A study goes into Orthanc, from there to the node by C-STORE, and comes back as Segmentation, report, PDF and
picture: once by C-STORE, once by STOW-RS. `cac fetch` and `cac send` speak DICOMweb with Orthanc, C-MOVE has
Orthanc send to the node. DCMTK's storescu and storescp speak TLS with it, pynetdicom says what nobody else does.
"""

import atexit
import hashlib
import json
import pathlib
import signal
import subprocess
import sys
import time
import urllib.request

import highdicom
import pydicom
from pynetdicom import AE
from pynetdicom.sop_class import CTImageStorage, Verification

SERVER, PLUGINS = "/usr/sbin/Orthanc", "/usr/share/orthanc/plugins"
WEB = "http://127.0.0.1:8042/dicom-web"
NAME = "Geheim^Nachname"


def fail(text):
    sys.exit(f"node: {text}")


def run(*command, **options):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, errors="replace", **options)
    return done.returncode, done.stdout + done.stderr


def ask(path, data=None, method=None):
    request = urllib.request.Request("http://127.0.0.1:8042" + path, data, method=method)
    return urllib.request.urlopen(request, timeout=60).read()


def wait(what, seconds, holds):
    end = time.time() + seconds
    while time.time() < end:
        value = holds()
        if value:
            return value
        time.sleep(0.2)
    fail(f"waited {seconds} s for {what}")


class Node:
    """A running `cac listen`."""

    def __init__(self, program, folder, port, *options):
        self.program, self.folder, self.port = program, folder, port
        self.log = open(f"{folder}.log", "a+")
        command = [program, "listen", "--folder", folder, "--port", port, "--quiet", 2, "--reserve", 10, "--pause", 1]
        self.process = subprocess.Popen(
            [str(c) for c in [*command, *options]], stdout=subprocess.PIPE, stderr=self.log, text=True
        )
        # A check that fails leaves nothing running.
        atexit.register(self.process.kill)
        if not self.process.stdout.readline().startswith("CAC@"):
            fail(f"the node does not begin: {pathlib.Path(self.log.name).read_text()}")

    def status(self):
        code, text = run(self.program, "listen", "status", "--json", "--folder", self.folder)
        if code:
            fail(f"cac listen status: {text}")
        return json.loads(text)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(timeout=60) != 0:
            fail(f"SIGTERM ends the node with status {self.process.returncode}")
        text = pathlib.Path(self.log.name).read_text()
        if "Geheim" in text or "1.2.826" in text:
            fail("the log tells who was examined")
        return text


def contents(path):
    """The data set of a file in bytes, without its head."""
    data = pathlib.Path(path).read_bytes()
    meta = pydicom.filereader.read_file_meta_info(path)
    return data[132 + 12 + meta.FileMetaInformationGroupLength :]


def study(program, work):
    """A small synthetic study of a patient with a name; returns its folder and UID."""
    code, text = run(
        program, "phantom", work / "cohort", "--subjects", 1, "--matrix", 128, "--slices", 24, "--min-rank", 0.9
    )
    if code:
        fail(f"cac phantom: {text}")
    files = sorted((work / "cohort/Gated_release_final/patient/0").rglob("*.dcm"))
    folder = work / "study"
    folder.mkdir()
    for file in files:
        set = pydicom.dcmread(file)
        set.PatientName, set.PatientID, set.AccessionNumber = NAME, "P 0815", "A17"
        set.StudyInstanceUID, set.StudyDate = "1.2.826.0.1.3680043.8.498.77", "20240131"
        set.save_as(folder / file.name)
    return folder, "1.2.826.0.1.3680043.8.498.77"


def orthanc(work):
    folder = work / "orthanc"
    folder.mkdir()
    (folder / "settings.json").write_text(
        json.dumps(
            {
                "Name": "test", "StorageDirectory": f"{folder}/store", "IndexDirectory": f"{folder}/store",
                "RemoteAccessAllowed": False, "Plugins": [PLUGINS], "AuthenticationEnabled": False,
                "UnknownSopClassAccepted": True, "DicomCheckCalledAet": False, "DicomAlwaysAllowGet": True,
                "DicomAlwaysAllowFind": True, "DicomAlwaysAllowMove": True, "OverwriteInstances": True,
                "DicomModalities": {"cac": ["CAC", "127.0.0.1", 11112]},
            }
        )
    )  # fmt: skip
    (folder / "store").mkdir()
    server = subprocess.Popen(
        [SERVER, folder / "settings.json"], stdout=open(folder / "log", "w"), stderr=subprocess.STDOUT
    )

    def answers():
        try:
            return ask("/system")
        except OSError:
            return None

    wait("Orthanc", 60, answers)
    return server


def instances():
    """What Orthanc has: the modality of each instance by its SOPInstanceUID."""
    found = {}
    for name in json.loads(ask("/instances")):
        tags = json.loads(ask(f"/instances/{name}/simplified-tags"))
        found[tags["SOPInstanceUID"]] = (tags["Modality"], name)
    return found


def clear():
    for name in json.loads(ask("/studies")):
        ask(f"/studies/{name}", method="DELETE")


def put(folder):
    for file in folder.iterdir():
        ask("/instances", file.read_bytes())


def results():
    found = instances()
    kinds = {kind for kind, _ in found.values()}
    return found if {"SEG", "SR", "DOC", "OT"} <= kinds else None


def check_results(program, found, scan, work):
    """The numbers of the report are those of `cac score`, the Segmentation is of this scan."""
    for uid, (kind, name) in found.items():
        (work / "back").mkdir(exist_ok=True)
        (work / f"back/{kind}-{uid}.dcm").write_bytes(ask(f"/instances/{name}/file"))
    done = subprocess.run([program, "score", scan, "--json"], capture_output=True, text=True)
    if done.returncode:
        fail(f"cac score: {done.stderr[-400:]}")
    wanted = json.loads(done.stdout)
    report = highdicom.sr.srread(next((work / "back").glob("SR-*")))
    group = report.content.get_volumetric_roi_measurement_groups()[-1]
    values = {m.name.value: float(m.value) for m in group.get_measurements()}
    if abs(values["450360000"] - wanted["agatston"]) > 5e-4:
        fail(f"the report says {values['450360000']}, cac score {wanted['agatston']}")
    seg = highdicom.seg.segread(next((work / "back").glob("SEG-*")))
    sources = {r.ReferencedSOPInstanceUID for r in seg.ReferencedSeriesSequence[0].ReferencedInstanceSequence}
    if sources != {pydicom.dcmread(f).SOPInstanceUID for f in scan.iterdir()} or seg.PatientName != NAME:
        fail("the Segmentation is not of the scan")
    kinds = [kind for kind, _ in found.values()]
    return wanted["agatston"], ", ".join(f"{kinds.count(k)} {k}" for k in ("SEG", "SR", "DOC", "OT"))


def by_store(program, scan, uid, work):
    clear()
    put(scan)
    node = Node(program, work / "by-store", 11112, "--to", "ORTHANC@127.0.0.1:4242")
    start = time.time()
    name = json.loads(ask("/studies"))[0]
    ask("/modalities/cac/store", json.dumps([name]).encode())
    found = wait("results by C-STORE", 240, results)
    seconds = time.time() - start
    agatston, kinds = check_results(program, found, scan, work)
    print(f"node: Orthanc to node and back by C-STORE: Agatston {agatston:.1f}, {kinds}, {seconds:.0f} s")
    wait("the end", 20, lambda: node.status()["done"] == 1)
    # The same images again, results with them, and by C-MOVE: nothing is scored or sent twice.
    ask("/modalities/cac/store", json.dumps([name]).encode())
    code, text = run(program, "fetch", "ORTHANC@127.0.0.1:4242", "--study", uid, "--move-to", "CAC")
    if code or not text.startswith(f"{len(found)} objects"):
        fail(f"C-MOVE: {text}")
    time.sleep(4)
    status = node.status()
    if status["done"] != 1 or status["scorings"] != 1 or instances().keys() != found.keys():
        fail(f"the same study again: {status}")
    node.end()
    key = hashlib.sha256(uid.encode()).hexdigest()[:12]
    kept = {pydicom.dcmread(f).SOPInstanceUID: f for f in (work / "by-store/studies" / key).iterdir()}
    for file in scan.iterdir():
        if contents(file) != contents(kept[pydicom.dcmread(file).SOPInstanceUID]):
            fail("the node keeps other bytes than it was sent")
    print("node: the same study again, and by C-MOVE: scored once, results once, bytes as they were sent")
    return found


def by_web(program, scan, uid, work, before):
    out = work / "by-wado"
    code, text = run(program, "fetch", WEB, "--accession", "A17", "-o", out)
    if code:
        fail(f"cac fetch by DICOMweb: {text}")
    got = {pydicom.dcmread(f).SOPInstanceUID: f for f in out.iterdir()}
    if got.keys() != before.keys():
        fail(f"WADO-RS gives {len(got)} objects, Orthanc has {len(before)}")
    clear()
    code, text = run(program, "send", out, WEB)
    if code or instances().keys() != before.keys():
        fail(f"cac send by STOW-RS: {text}")
    for file in scan.iterdir():
        if contents(file) != contents(got[pydicom.dcmread(file).SOPInstanceUID]):
            fail("QIDO-RS and WADO-RS give other bytes")
    code, text = run(program, "fetch", WEB, "--study", "1.2.3", "-o", work / "none")
    if code != 1 or (work / "none").exists():
        fail(f"a study that is not there: {code} {text}")
    clear()
    put(scan)
    node = Node(program, work / "by-web", 11112, "--to", WEB)
    ask("/modalities/cac/store", json.dumps([json.loads(ask("/studies"))[0]]).encode())
    found = wait("results by STOW-RS", 240, results)
    if found.keys() != before.keys():
        fail("by STOW-RS come other objects than by C-STORE")
    wait("the end", 20, lambda: node.status()["done"] == 1)
    node.end()
    print(f"node: DICOMweb with Orthanc: {len(got)} objects by QIDO-RS and WADO-RS, STOW-RS, results by STOW-RS")


def certificates(folder):
    folder.mkdir()
    for name in ("ours", "theirs", "other"):
        quiet = subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
             "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem"],
            capture_output=True,
        )  # fmt: skip
        if quiet.returncode:
            fail("openssl makes no certificate")


def by_tls(program, scan, work):
    pem = work / "pem"
    certificates(pem)
    archive = work / "archive"
    archive.mkdir()
    server = subprocess.Popen(
        ["storescp", "-aet", "ARCHIVE", "+xa", "-pm", "-od", archive, "+tls", pem / "theirs.key", pem / "theirs.pem",
         "+cf", pem / "ours.pem", "4243"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    node = Node(
        program, work / "by-tls", 11113, "--to", "ARCHIVE@127.0.0.1:4243", "--tls-certificate", pem / "ours.pem",
        "--tls-key", pem / "ours.key", "--tls-trust", pem / "theirs.pem", "--to-trust", pem / "theirs.pem",
        "--timeout", 5,
    )  # fmt: skip
    files = [str(f) for f in sorted(scan.iterdir())]

    def send(name, *more):
        tls = ["+tls", pem / f"{name}.key", pem / f"{name}.pem", "+cf", pem / "ours.pem"]
        return run("storescu", *tls, *more, "-aet", "SCANNER", "-aec", "CAC", "127.0.0.1", 11113, *files)[0]

    try:
        if run("storescu", "-aec", "CAC", "-ta", 3, "-to", 3, "127.0.0.1", 11113, files[0])[0] == 0:
            fail("the node takes objects without TLS")
        if send("other") == 0:
            fail("the node takes objects from a caller with another certificate")
        if send("theirs") != 0:
            fail("storescu +tls cannot send to the node")
        wait("results by TLS", 240, lambda: node.status()["done"] == 1)
    finally:
        server.terminate()
    got = sorted(pydicom.dcmread(f).Modality for f in archive.iterdir())
    if not {"SEG", "SR", "DOC", "OT"} <= set(got):
        fail(f"storescp +tls got {got}")
    node.end()
    print(f"node: TLS with DCMTK: storescu +tls sends, storescp +tls gets {len(got)} objects; others are refused")


def associate(port, title="CAC", calling="SCANNER"):
    entity = AE(ae_title=calling)
    entity.add_requested_context(Verification)
    entity.add_requested_context(CTImageStorage)
    return entity.associate("127.0.0.1", port, ae_title=title)


def manners(program, scan, work):
    """What a node has to refuse, and that it says so."""
    node = Node(program, work / "manners", 11114, "--allow", "SCANNER@127.0.0.1")
    if run(program, "send", "--echo", "CAC@127.0.0.1:11114", "--calling", "SCANNER")[0]:
        fail("C-ECHO is not answered")
    for title, calling in (("OTHER", "SCANNER"), ("CAC", "STRANGER")):
        if not associate(11114, title, calling).is_rejected:
            fail(f"{calling} may call {title}")
    link = associate(11114)
    first = pydicom.dcmread(sorted(scan.iterdir())[0])
    kept = link.send_c_store(first).Status
    del first.StudyInstanceUID
    first.SOPInstanceUID = first.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    stray = link.send_c_store(first).Status
    link.release()
    if kept != 0 or stray >> 12 != 0xC:
        fail(f"an image gets status {kept:04X}, one without a study {stray:04X}")
    code, text = run("storescu", "-aet", "SCANNER", "-aec", "CAC", "-pdu", 4096, "127.0.0.1", 11114, *scan.iterdir())
    if code:
        fail(f"small PDUs: {text}")
    # Nobody is told of to whom results go: they stay.
    wait("a result that stays", 240, lambda: node.status()["done"] == 1)
    if len(list((work / "manners/results").glob("*/seg.dcm"))) != 1:
        fail("no result stays in the folder")
    node.end()
    print("node: C-ECHO, titles, callers, PDUs of 4096 bytes, an image without a study (status C000)")


def main():
    program, work = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    if sys.argv[3] != "inside":
        work.mkdir(parents=True)
        again = ["unshare", "--net", sys.executable, "-m", "Oracles.parity.node", program, work, "inside", *sys.argv[3:]]
        sys.exit(subprocess.run([str(word) for word in again]).returncode)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    scan, uid = study(program, work)
    server = orthanc(work)
    try:
        found = by_store(program, scan, uid, work)
        by_web(program, scan, uid, work, found)
    finally:
        server.terminate()
        server.wait()
    by_tls(program, scan, work)
    manners(program, scan, work)


if __name__ == "__main__":
    main()
