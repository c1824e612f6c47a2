/* @SAYS@ */
TEST_F(migrate, @NAME@)
{
	const long mapped[] = { @MAPPED@ };
	const long page = getpagesize();
	unsigned long old_pfn, new_pfn;
	int fd, i;
	char *region;

	if (ksm_stop() < 0)
		SKIP(return, "cannot write to /sys/kernel/mm/ksm/run");
	if (ksm_get_full_scans() < 0)
		SKIP(return, "cannot read /sys/kernel/mm/ksm/full_scans");
	fd = open("/proc/self/pagemap", O_RDONLY);
	if (fd < 0)
		SKIP(return, "cannot open /proc/self/pagemap");

	/* Room for all of it; nothing else is mapped there. */
	region = mmap(NULL, @ROOM@ * page, PROT_NONE,
		      MAP_PRIVATE | MAP_ANON, -1, 0);
	ASSERT_NE(region, MAP_FAILED);

@STEPS@

	/* One KSM page, wherever it is mapped. */
	old_pfn = pagemap_get_pfn(fd, region + mapped[0] * page);
	if (old_pfn == -1ul)
		SKIP(return, "cannot read PFNs");
	for (i = 0; i < @COUNT@; i++)
		ASSERT_EQ(pagemap_get_pfn(fd, region + mapped[i] * page),
			  old_pfn);

	/* It moves, and everybody who maps it has the new one. */
	ASSERT_EQ(try_to_move_page(region + mapped[0] * page), 0);
	new_pfn = pagemap_get_pfn(fd, region + mapped[0] * page);
	ASSERT_NE(new_pfn, old_pfn);
	for (i = 0; i < @COUNT@; i++)
		ASSERT_EQ(pagemap_get_pfn(fd, region + mapped[i] * page),
			  new_pfn);
	close(fd);
}
