;; Counts the words and the sentences of a text, by hand, so that nothing stands between you and what a plugin is:
;; a WASI command that reads one JSON document from standard input and writes one to standard output.
;;
;;   in    {"content": {"text": "Warp and weft. Done!", …}, "config": {}}     argv: plugin analyze
;;   out   {"words": 4, "sentences": 2}
;;
;; A word begins where a letter, a digit or any byte of a non-ASCII character follows something that is none of these.
;; A sentence ends at the first of one or several `.`, `!` and `?`. Escapes of JSON (\n, \", \u00e9) count as what they
;; stand for: \u as a letter, all others as a gap.
(module
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))

  ;; 0: pointer and length of what is read or written; 8: how much it was; 16: digits; 64: texts; 1024: the input.
  (memory (export "memory") 1)
  (data (i32.const 64) "\"text\":\"{\"words\": , \"sentences\": }")
  (global $length (mut i32) (i32.const 0))

  (func (export "_start")
    (local $at i32) (local $byte i32) (local $words i32) (local $sentences i32) (local $inside i32) (local $ended i32)
    (call $read)
    (local.set $at (call $after_text))
    (local.set $ended (i32.const 1))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (global.get $length)))
        (local.set $byte (i32.load8_u offset=1024 (local.get $at)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br_if $done (i32.eq (local.get $byte) (i32.const 34)))           ;; " ends the text
        (if (i32.eq (local.get $byte) (i32.const 92))                      ;; \ and what follows
          (then
            (local.set $byte (i32.load8_u offset=1024 (local.get $at)))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (if (i32.eq (local.get $byte) (i32.const 117))                 ;; u and four digits: a letter
              (then
                (local.set $at (i32.add (local.get $at) (i32.const 4)))
                (local.set $byte (i32.const 128)))
              (else (local.set $byte (i32.const 32))))))
        (if (call $is_letter (local.get $byte))
          (then
            (if (i32.eqz (local.get $inside))
              (then (local.set $words (i32.add (local.get $words) (i32.const 1)))))
            (local.set $inside (i32.const 1))
            (local.set $ended (i32.const 0)))
          (else
            (if (i32.ne (local.get $byte) (i32.const 39))                  ;; ' belongs to the word: don't
              (then (local.set $inside (i32.const 0))))
            (if (i32.and (i32.eqz (local.get $ended)) (call $is_end (local.get $byte)))
              (then
                (local.set $sentences (i32.add (local.get $sentences) (i32.const 1)))
                (local.set $ended (i32.const 1))))))
        (br $next)))
    (if (i32.eqz (local.get $ended))                                       ;; the last sentence may have no full stop
      (then (local.set $sentences (i32.add (local.get $sentences) (i32.const 1)))))
    (call $write (i32.const 72) (i32.const 10))
    (call $write_number (local.get $words))
    (call $write (i32.const 82) (i32.const 15))
    (call $write_number (local.get $sentences))
    (call $write (i32.const 97) (i32.const 1)))

  (func $is_letter (param $byte i32) (result i32)
    (if (i32.ge_u (local.get $byte) (i32.const 128)) (then (return (i32.const 1))))
    (if (i32.lt_u (i32.sub (local.get $byte) (i32.const 48)) (i32.const 10)) (then (return (i32.const 1))))
    (i32.lt_u (i32.sub (i32.or (local.get $byte) (i32.const 32)) (i32.const 97)) (i32.const 26)))

  (func $is_end (param $byte i32) (result i32)
    (i32.or
      (i32.or (i32.eq (local.get $byte) (i32.const 46)) (i32.eq (local.get $byte) (i32.const 33)))
      (i32.eq (local.get $byte) (i32.const 63))))

  ;; Read standard input to its end, with memory added as it is needed; without memory there is nothing to be done.
  (func $read
    (loop $more
      (if (i32.gt_u (i32.add (global.get $length) (i32.const 33792)) (i32.mul (memory.size) (i32.const 65536)))
        (then
          (if (i32.eq (memory.grow (memory.size)) (i32.const -1)) (then (call $proc_exit (i32.const 1))))))
      (i32.store (i32.const 0) (i32.add (global.get $length) (i32.const 1024)))
      (i32.store (i32.const 4) (i32.const 32768))
      (if (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)) (then (call $proc_exit (i32.const 1))))
      (global.set $length (i32.add (global.get $length) (i32.load (i32.const 8))))
      (br_if $more (i32.load (i32.const 8)))))

  ;; Return where the text begins: behind the first `"text":"`, or at the end if there is none.
  (func $after_text (result i32)
    (local $at i32) (local $same i32)
    (block $none
      (loop $next
        (br_if $none (i32.gt_u (i32.add (local.get $at) (i32.const 8)) (global.get $length)))
        (local.set $same (i32.const 0))
        (block $differs
          (loop $compare
            (br_if $differs
              (i32.ne
                (i32.load8_u offset=1024 (i32.add (local.get $at) (local.get $same)))
                (i32.load8_u offset=64 (local.get $same))))
            (local.set $same (i32.add (local.get $same) (i32.const 1)))
            (br_if $compare (i32.lt_u (local.get $same) (i32.const 8))))
          (return (i32.add (local.get $at) (i32.const 8))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (global.get $length))

  (func $write (param $from i32) (param $length i32)
    (i32.store (i32.const 0) (local.get $from))
    (i32.store (i32.const 4) (local.get $length))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))

  (func $write_number (param $number i32)
    (local $at i32)
    (local.set $at (i32.const 32))
    (loop $digit
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (i32.store8 (local.get $at) (i32.add (i32.const 48) (i32.rem_u (local.get $number) (i32.const 10))))
      (local.set $number (i32.div_u (local.get $number) (i32.const 10)))
      (br_if $digit (local.get $number)))
    (call $write (local.get $at) (i32.sub (i32.const 32) (local.get $at)))))
