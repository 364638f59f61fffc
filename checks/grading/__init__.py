"""Grades a class of submissions: each is built where it can harm nobody, and judged by what its database then holds."""
