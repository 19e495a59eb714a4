# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""What wheels are made of, as CycloneDX JSON beside each: .ci/sbom.py WHEEL...

All of it is read from the wheel itself: its files with their SHA-256, the packages that it needs, and libraries of
others that were put into it, such as an OpenMP runtime (auditwheel, delocate). The same wheel gives the same bytes.
"""

import hashlib
import json
import re
import sys
import uuid
import zipfile
from email.parser import BytesParser

LIBRARY = re.compile(r".*\.(so|dylib|dll)(\.[\d.]+)?")
OF_OTHERS = re.compile(r"[\w.]+\.libs/|pylm/\.dylibs/")


def requirement(text: str) -> dict[str, object]:
    """A package that is needed, as pip names it, with what is asked of its version."""
    name, bounds = re.fullmatch(r"([\w.-]+)\s*(.*)", text.strip()).groups()
    return {
        "type": "library",
        "bom-ref": f"pkg:pypi/{name.lower()}",
        "name": name,
        "purl": f"pkg:pypi/{name.lower()}",
        "scope": "required",
        "properties": [{"name": "version range", "value": bounds or "any"}],
    }


def file_component(name: str, data: bytes) -> dict[str, object]:
    kind = "library" if LIBRARY.fullmatch(name) else "file"
    origin = "another project" if OF_OTHERS.match(name) else "pylm"
    return {
        "type": kind,
        "bom-ref": f"file:{name}",
        "name": name,
        "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(data).hexdigest()}],
        "properties": [{"name": "origin", "value": origin}],
    }


def bill(path: str) -> dict[str, object]:
    with open(path, "rb") as file:
        whole = hashlib.sha256(file.read()).hexdigest()
    with zipfile.ZipFile(path) as wheel:
        files = {name: wheel.read(name) for name in sorted(wheel.namelist()) if not name.endswith("/")}
    metadata = BytesParser().parsebytes(next(data for name, data in files.items() if name.endswith("/METADATA")))
    needed = [requirement(text) for text in metadata.get_all("Requires-Dist") or [] if "extra ==" not in text]
    reference = f"pkg:pypi/{metadata['Name']}@{metadata['Version']}"
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, whole)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "library",
                "bom-ref": reference,
                "name": metadata["Name"],
                "version": metadata["Version"],
                "purl": reference,
                "licenses": [{"expression": metadata["License-Expression"]}],
                "hashes": [{"alg": "SHA-256", "content": whole}],
            }
        },
        "components": [*needed, *(file_component(name, data) for name, data in files.items())],
        "dependencies": [{"ref": reference, "dependsOn": [package["bom-ref"] for package in needed]}],
    }


def main() -> None:
    for path in sys.argv[1:]:
        made = bill(path)
        with open(path + ".cdx.json", "w", encoding="utf-8") as file:
            json.dump(made, file, indent=1, sort_keys=True)
            file.write("\n")
        components = made["components"]
        needed = [part["name"] for part in components if part.get("scope")]
        print(f"{path.rsplit('/', 1)[-1]}: {len(components) - len(needed)} files; needs {', '.join(needed)}")
    if len(sys.argv) < 2:
        sys.exit("usage: sbom.py WHEEL...")


if __name__ == "__main__":
    main()
