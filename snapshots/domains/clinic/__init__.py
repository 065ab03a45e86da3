"""The appointment desk of a group of out-patient clinics: patients, practitioners, courses of treatment and fees."""
