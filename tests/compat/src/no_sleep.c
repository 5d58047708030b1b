/* Postfix sleeps for a second before it ends with a fatal error. Thousands of cases need not. */
unsigned int sleep(unsigned int seconds) {
    (void) seconds;
    return 0;
}
