# The lines of a step's log that tell what failed and why: of ctest -V, TAP, vitest, compilers, sanitizers and scripts.
{
  gsub(/\033\[[0-9;]*m/, "")
  line = substr($0, 1, 240)
}

# ctest puts the number of a test before each of its lines, and names those that failed at its end.
/^[0-9]+: / {
  number = $1 + 0
  last[number, ++lines[number] % 8] = line
  if (/ERROR|LINE|FAILED|Sanitizer|runtime error|Bail out|not ok|expected|, [1-9][0-9]* failed/ && telling[number] < 12)
    tells[number, ++telling[number]] = line
  next
}
/^The following tests FAILED:/ { listing = 1; next }
listing && /^[ \t]*[0-9]+ - / { failed[++count] = $1 + 0; name[count] = line; next }

# A test of Node's runner: its name, where it is, and the message.
/^ *not ok / { print line; tap = 1; next }
tap && (/^ *\.\.\.$/ || /^ *stack:/) { tap = 0; next }
tap && /^ *(---|duration_ms:|type:|failureType:|code:|name:|operator:)/ { next }
tap { if (NF) print line; next }

/^FAILED|^ *(FAIL|×) |(^|[^a-z])error: |Error: |ERROR: |runtime error|^SUMMARY: |Assertion .* failed|^packages: / { print line }

END {
  for (i = 1; i <= count; i++) {
    number = failed[i]
    sub(/^[ \t]+/, "", name[i])
    print "FAILED " name[i]
    for (k = 1; k <= telling[number]; k++) print tells[number, k]
    if (!telling[number])
      for (k = 1; k <= 8; k++)
        if ((number, (lines[number] + k) % 8) in last) print last[number, (lines[number] + k) % 8]
  }
}
