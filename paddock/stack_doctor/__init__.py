"""What a stack other than the local one needs before its first run: looked at, and nothing changed."""

from paddock.stack_doctor.patient import Patient, patient_of
from paddock.stack_doctor.stack_findings import stack_findings

__all__ = ["Patient", "patient_of", "stack_findings"]
