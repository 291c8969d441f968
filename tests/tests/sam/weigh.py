"""Packs each folder as `sam deploy` does, and says what the archive weighs and holds.

Usage: weigh.py FOLDER..
"""

import json
import os
import sys
import zipfile

from samcli.lib.package.utils import make_zip_with_lambda_permissions, zip_folder


def weigh(folder):
    with zip_folder(folder, make_zip_with_lambda_permissions) as (archive, _):
        with zipfile.ZipFile(archive) as packed:
            return {"bytes": os.path.getsize(archive), "names": packed.namelist()}


json.dump({os.path.basename(folder): weigh(folder) for folder in sys.argv[1:]}, sys.stdout)
