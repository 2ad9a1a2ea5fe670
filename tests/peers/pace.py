"""Evaluates potentials with python-ace: reads jobs as JSON from standard input, prints results as JSON.

Input: {"structures": [{"cell": 3x3, "symbols": [...], "positions": Nx3}, ...],
        "jobs": [{"potential": file, "active_set": file or null, "structures": [numbers]}, ...]}
Output: for each job either {"error": text} or {"results": [{"energies", "forces", "virial", "gamma"}, ...]}, one for each
of its structures. Units are eV and Å; virials are xx, yy, zz, xy, xz, yz, stress
times volume.
"""

import json
import os
import sys

# What the library prints belongs to nobody's JSON.
answer = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

from ase import Atoms  # noqa: E402
from pyace import ACEBBasisSet, ACECalculator, ACECTildeBasisSet  # noqa: E402
from pyace.atomicenvironment import aseatoms_to_atomicenvironment  # noqa: E402
from pyace.evaluator import ACEBEvaluator, ACECTildeEvaluator  # noqa: E402


def evaluate(job, structures):
    name = job["potential"]
    if name.endswith(".yaml"):
        basis, evaluator = ACEBBasisSet(name), ACEBEvaluator()
    else:
        basis, evaluator = ACECTildeBasisSet(name), ACECTildeEvaluator()
    evaluator.set_basis(basis)
    if job["active_set"]:
        evaluator.load_active_set(job["active_set"])
    calculator = ACECalculator(evaluator)
    numbers = {symbol: k for k, symbol in enumerate(basis.elements_name)}
    results = []
    for index in job["structures"]:
        one = structures[index]
        atoms = Atoms(one["symbols"], positions=one["positions"], cell=one["cell"], pbc=True)
        around = aseatoms_to_atomicenvironment(atoms, basis.cutoffmax, elements_mapper_dict=numbers)
        # Grades are computed with projections alone.
        calculator.compute(around, compute_projections=bool(job["active_set"]))
        results.append({
            "energies": list(calculator.energies),
            "forces": [list(force) for force in calculator.forces],
            "virial": list(calculator.virial),
            "gamma": list(calculator.gamma_grade) if job["active_set"] else [],
        })
    return results


def main():
    request = json.load(sys.stdin)
    answers = []
    for job in request["jobs"]:
        try:
            answers.append({"results": evaluate(job, request["structures"])})
        except Exception as error:  # the test says which potential it was
            answers.append({"error": f"{type(error).__name__}: {error}"})
    json.dump(answers, answer)
    answer.flush()


main()
