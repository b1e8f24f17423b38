# SPDX-License-Identifier: Apache-2.0
"""Sends objects to Orthanc, by C-STORE and by STOW-RS, and compares what it gives back byte by byte.

Orthanc has no option to listen on one address only, so it runs in a network namespace of its own, and
so do the command and the requests.
"""

import pathlib
import subprocess
import sys

import pydicom

SERVER = "/usr/sbin/Orthanc"
PLUGINS = "/usr/share/orthanc/plugins"

# What runs inside of the namespace: the server, the command, and the requests by Python's own client.
INSIDE = r"""
import json, pathlib, subprocess, sys, time, urllib.request
program, folder, objects = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3:]
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
server = subprocess.Popen(["SERVER", str(folder / "orthanc.json")], stdout=open(folder / "orthanc.log", "w"),
                          stderr=subprocess.STDOUT)
def ask(path, data=None, kind=None):
    request = urllib.request.Request("http://127.0.0.1:8042" + path, data)
    if kind: request.add_header("Content-Type", kind)
    request.add_header("Accept", "*/*")
    return urllib.request.urlopen(request, timeout=30).read()
try:
    for _ in range(120):
        try:
            ask("/system")
            break
        except OSError:
            time.sleep(0.5)
    else:
        sys.exit("Orthanc does not start")
    peer = "ORTHANC@127.0.0.1:4242"
    subprocess.run([program, "send", "--echo", peer], check=True)
    subprocess.run([program, "send", *objects, peer], check=True)
    study = subprocess.run(["dcmdump", "+P", "0020,000d", objects[0]], capture_output=True, text=True).stdout
    study = study[study.index("[") + 1:study.index("]")]
    for words in (["--study", study], ["--accession", "A17"]):
        out = folder / ("fetched" + words[0])
        subprocess.run([program, "fetch", peer, *words, "-o", str(out)], check=True)
        if len(list(out.iterdir())) != len(objects):
            sys.exit("cac fetch gets another number of objects")
    def back(name):
        out = folder / name
        out.mkdir()
        for instance in json.loads(ask("/instances")):
            (out / instance).write_bytes(ask(f"/instances/{instance}/file"))
        for instance in json.loads(ask("/instances")):
            urllib.request.urlopen(urllib.request.Request(
                f"http://127.0.0.1:8042/instances/{instance}", method="DELETE"), timeout=30)
    back("c-store")
    body = b""
    for path in objects:
        body += b"--part\r\nContent-Type: application/dicom\r\n\r\n" + open(path, "rb").read() + b"\r\n"
    body += b"--part--\r\n"
    ask("/dicom-web/studies", body, 'multipart/related; type="application/dicom"; boundary=part')
    back("stow")
finally:
    server.terminate()
    server.wait()
""".replace("SERVER", SERVER)


def fail(text):
    sys.exit(f"dicom-out: Orthanc: {text}")


def contents(path):
    """The data set of a file in bytes, without its head, which each application writes anew."""
    data = pathlib.Path(path).read_bytes()
    meta = pydicom.filereader.read_file_meta_info(path)
    return data[132 + 12 + meta.FileMetaInformationGroupLength :]


def check(program, objects, work):
    folder = work / "orthanc"
    folder.mkdir()
    (folder / "orthanc.json").write_text(
        f"""{{"Name": "test", "StorageDirectory": "{folder}/store", "IndexDirectory": "{folder}/store",
        "RemoteAccessAllowed": false, "Plugins": ["{PLUGINS}"], "UnknownSopClassAccepted": true,
        "DicomCheckCalledAet": false, "DicomAlwaysAllowGet": true, "DicomAlwaysAllowFind": true, "AuthenticationEnabled": false}}"""
    )
    (folder / "store").mkdir()
    done = subprocess.run(
        ["unshare", "--net", sys.executable, "-c", INSIDE, program, folder, *objects],
        capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        log = folder / "orthanc.log"
        tail = log.read_text(errors="replace")[-600:] if log.exists() else ""
        fail(f"{done.stdout[-300:]} {done.stderr[-600:]} {tail}")
    for way in ("c-store", "stow", "fetched--study", "fetched--accession"):
        found = {pydicom.dcmread(p).SOPInstanceUID: p for p in (folder / way).iterdir()}
        for path in objects:
            uid = pydicom.dcmread(path).SOPInstanceUID
            if uid not in found:
                fail(f"{path.name} is missing after {way}")
            if contents(path) != contents(found[uid]):
                fail(f"{path.name} comes back with other bytes after {way}")
    print(f"dicom-out: Orthanc gives {len(objects)} objects back byte-equal: C-STORE, STOW-RS, C-GET")
